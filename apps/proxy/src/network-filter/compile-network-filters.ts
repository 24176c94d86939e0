import type { Compiled, Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { Filter } from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import { refuseUnsupportedFields } from "../server/refuse-unsupported-fields.ts";
import type { NetworkFactoryContext, NetworkFilterEntry } from "./network-factory-context.ts";

/** `FilterChain.filters`; a chain without filters is allowed and closes its connections. `path` ends with `filters`. */
export function compileNetworkFilters(
  filters: readonly Filter[],
  path: string,
  context: NetworkFactoryContext,
): Compiled<readonly NetworkFilterEntry[]> {
  const problems: Problem[] = [];
  const entries: NetworkFilterEntry[] = [];
  filters.forEach((filter, index) => {
    const at = `${path}[${index}]`;
    const compiled = compileFilter(filter, at, context);
    if (!compiled.ok) {
      problems.push(...compiled.problems);
      return;
    }
    const { entry, type } = compiled.value;
    const problem = terminalProblem(
      filter.name,
      type,
      entry.factory.terminal,
      index === filters.length - 1,
      "network",
    );
    if (problem === undefined) entries.push(entry);
    else problems.push({ path: at, message: problem, severity: "error" });
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: entries };
}

/** Envoy's words for a filter that stands at the wrong place. */
function terminalProblem(
  name: string,
  type: string,
  terminal: boolean,
  last: boolean,
  kind: string,
): string | undefined {
  if (terminal === last) return undefined;
  return terminal
    ? `Error: terminal filter named ${name} of type ${type} must be the last filter in a ${kind} filter chain.`
    : `Error: non-terminal filter named ${name} of type ${type} is the last filter in a ${kind} filter chain.`;
}

function compileFilter(
  filter: Filter,
  at: string,
  context: NetworkFactoryContext,
): Compiled<{ readonly entry: NetworkFilterEntry; readonly type: string }> {
  const refuse = (path: string, message: string) => ({
    ok: false as const,
    problems: [{ path, message, severity: "error" as const }],
  });
  if (filter.configType.case === "configDiscovery") {
    return refuse(`${at}.config_discovery`, "config_discovery is not implemented");
  }
  if (filter.configType.case !== "typedConfig") return refuse(at, `${filter.name} needs a typed_config`);
  const here = `${at}.typed_config`;
  const unpacked = unpackAny(filter.configType.value);
  if (!unpacked.ok) return refuse(here, unpacked.message);
  const extension = context.worker.extensions.find("envoy.filters.network", unpacked.typeName);
  if (extension === undefined) return refuse(at, `${filter.name} (${unpacked.typeName}) is not implemented`);
  const { manifest, factory } = extension;
  const unsupported = refuseUnsupportedFields(
    unpacked.schema,
    unpacked.message,
    manifest.supportedFields,
    here,
  );
  if (unsupported.length > 0) return { ok: false, problems: unsupported };
  const compiled = factory.compile(unpacked.message, context);
  if (!compiled.ok) {
    return {
      ok: false,
      problems: compiled.problems.map((p) => ({ ...p, path: p.path === "" ? here : `${here}.${p.path}` })),
    };
  }
  return { ok: true, value: { entry: { factory, config: compiled.value }, type: manifest.name } };
}
