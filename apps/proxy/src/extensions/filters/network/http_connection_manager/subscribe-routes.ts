import type { Compiled, StatsScope } from "@sluice/extension-api";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import type { FetchRoutes, RouteSource } from "../../../../http-connection-manager/scoped-routes.ts";
import type { NetworkFactoryContext } from "../../../../network-filter/network-factory-context.ts";
import { compileRouteConfiguration } from "../../../../route/compile-route-configuration.ts";
import { leaseContext } from "../../../../worker/lease-context.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";
import { routeKey } from "../../../../xds/route-key.ts";

/** What compiling a connection manager's routes takes. */
export interface RouteUse {
  readonly context: NetworkFactoryContext;
  readonly stats: StatsScope;
  readonly filterNames: ReadonlySet<string>;
}

type Table = NonNullable<RouteSource["current"]>;

/** A table of routes that were discovered; what it counts lasts until `release`. */
export function compileLeased(
  config: RouteConfiguration,
  { context, stats, filterNames }: RouteUse,
): Compiled<{ readonly table: Table; release(): void }> {
  const leased = leaseContext(context.worker);
  const releases = [leased.release];
  const release = (): void => {
    for (const each of releases) each();
  };
  const table = compileRouteConfiguration(config, {
    worker: leased.context,
    stats: leased.scopeAt(stats.prefix),
    filterNames,
    validateClusters: false,
    onClose: (each) => releases.push(each),
  });
  if (table.ok) return { ok: true, value: { table: table.value, release } };
  release();
  return table;
}

/** Routes that RDS has, as they are now and will be, until `stop`. */
export function subscribeRoutes(
  name: string,
  source: ConfigSource | undefined,
  use: RouteUse,
  whenMissing?: FetchRoutes,
): { readonly routes: RouteSource; stop(): void } {
  const { worker } = use.context;
  const key = routeKey(source, name);
  const routes: { current: RouteSource["current"]; fetch: FetchRoutes } = {
    current: undefined,
    fetch: (headers, done) =>
      routes.current === undefined
        ? whenMissing?.(headers, done)
        : fetchVirtualHost(routes.current, key, worker)(headers, done),
  };
  let release = (): void => {};
  const unsubscribe = worker.routeConfigs.subscribe(key, (update) => {
    if (update === undefined) return;
    const compiled = compileLeased(update, use);
    if (compiled.ok) {
      routes.current = compiled.value.table;
      // What the old table counted goes on in the new one, where it has the same names.
      release();
      release = compiled.value.release;
    } else {
      for (const { path, message } of compiled.problems) {
        worker.log.warn(`route configuration ${name}: ${path}: ${message}`);
      }
    }
  });
  const stop = (): void => {
    unsubscribe();
    release();
  };
  return { routes, stop };
}

/** `RouteConfiguration.vhds`: virtual hosts are fetched by host. */
function fetchVirtualHost(table: Table, route: string, worker: WorkerContext): FetchRoutes {
  return (headers, done) => {
    const host = headers.get(":authority")?.toLowerCase();
    if (table.config.vhds === undefined || host === undefined || table.findVirtualHost(headers) !== undefined)
      return undefined;
    return worker.onDemand.request({ kind: "virtual-host", route, host }, done);
  };
}
