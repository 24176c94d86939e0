import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";

/** RDS in a worker: one entry per route configuration that some connection manager names (`routeKey`). */
export interface RouteConfigRegistry {
  /**
   * Calls `onUpdate` at once with the current one when there is one, and at each change, in the same event-loop turn on
   * which the worker learnt of it. Returns the way to stop. Until the first update the connection manager answers 404
   * `route_config_not_found`… but a listener is not put into service before its route configurations have arrived.
   */
  subscribe(key: string, onUpdate: (config: RouteConfiguration) => void): () => void;
}
