import { compileRouteTable, type RouteTable } from "@sluice/matching";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { RouteConfigurationSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { type PlaceOf, placesIn } from "./candidates.ts";
import type { Place, Reason, RequestExplanation } from "./explanation.ts";
import type { ExplainSource } from "./read-source.ts";
import type { TerminalFilter } from "./terminal-filter.ts";

export interface FoundRoutes {
  readonly shown: NonNullable<RequestExplanation["routeConfiguration"]>;
  readonly placeOf: PlaceOf;
  /** `undefined`: it cannot be built, see `problems`. */
  readonly table: RouteTable<boolean> | undefined;
  readonly problems: readonly Reason[];
}

/** The manager's route configuration, in place or by RDS; a reason where there is none. */
export async function findRoutes(
  source: ExplainSource,
  listener: string,
  { config, path }: Extract<TerminalFilter, { kind: "http" }>,
): Promise<FoundRoutes | Reason> {
  const { routeSpecifier: specifier } = config;
  const manager = (field: string): Place => ({ kind: "listeners", name: listener, path: `${path}.${field}` });
  if (specifier.case === "routeConfig") {
    const placeOf = placesIn({ kind: "listeners", name: listener }, `${path}.route_config.`);
    const shown = { name: specifier.value.name, at: manager("route_config"), inline: true };
    return { shown, placeOf, ...build(specifier.value, placeOf) };
  }
  if (specifier.case !== "rds") {
    const message =
      specifier.case === "scopedRoutes"
        ? "scoped routes choose the route configuration when the request comes; that is not explained yet"
        : "the connection manager names no routes";
    return { message, at: { kind: "listeners", name: listener, path } };
  }
  const { routeConfigName: name, configSource } = specifier.value;
  const at = manager("rds.route_config_name");
  if (comesFromElsewhere(configSource))
    return { message: `the routes '${name}' come from elsewhere by RDS`, at };
  const read = await source.read(RouteConfigurationSchema, "routes", [name]);
  const routes = read.get(name);
  if (routes === undefined) {
    const message = read.has(name) ? `the text of routes '${name}' does not parse` : `no routes '${name}'`;
    return { message, at };
  }
  const resource = { kind: "routes", name } as const;
  const placeOf = placesIn(resource);
  return {
    shown: { name, at: { ...resource, path: "" }, inline: false },
    placeOf,
    ...build(routes, placeOf),
  };
}

function build(
  config: Parameters<typeof compileRouteTable>[0],
  placeOf: PlaceOf,
): Pick<FoundRoutes, "table" | "problems"> {
  const table = compileRouteTable(config, { payload: () => ({ ok: true, value: true }) });
  if (table.ok) return { table: table.value, problems: [] };
  const problems = table.problems.map(({ message, path }) => ({ message, at: placeOf(path) }));
  return { table: undefined, problems };
}

function comesFromElsewhere(source: ConfigSource | undefined): boolean {
  const specifier = source?.configSourceSpecifier.case;
  return specifier === "path" || specifier === "pathConfigSource" || specifier === "apiConfigSource";
}
