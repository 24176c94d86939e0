import type { ConnectionInfo } from "@sluice/extension-api";
import type { SocketConnection } from "../connection/socket-connection.ts";
import type { StreamProtocol } from "../http/codec.ts";
import type { Headers } from "../http/header-map.ts";
import { findRoute } from "../route/find-route.ts";
import { HTTPS_REDIRECT } from "../route/require-tls.ts";
import type { ForwardAction, RouteEntry } from "../route/route-entry.ts";
import { refreshRoute } from "../route/route-payload.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import { routesOf } from "./scoped-routes.ts";
import { StreamRecord } from "./stream-record.ts";
import { tellCluster } from "./tell-cluster.ts";

/**
 * A request and its route: looked for when it is first asked for, and kept until a filter that has changed what decides it clears
 * it. Says what is known by it: the cluster, metadata, what the route does to responses and to tracing.
 */
export abstract class RoutedStream extends StreamRecord {
  private readonly routeRandom: number;
  private cachedRoute: RouteEntry | undefined = undefined;
  private routeKnown = false;

  constructor(
    config: ConnectionManagerConfig,
    connection: ConnectionInfo & Pick<SocketConnection, "streamInfo">,
    protocol: StreamProtocol,
  ) {
    super(config, connection, protocol);
    this.routeRandom = config.worker.random.uint32();
  }

  /** A route that forwards was found: its limits hold. */
  protected abstract useLimits(forward: ForwardAction, headers: Headers): void;

  route(): RouteEntry | undefined {
    if (!this.routeKnown) {
      this.routeKnown = true;
      const { routeFigures } = this.config;
      this.cachedRoute =
        routeFigures === undefined
          ? this.findRoute()
          : routeFigures.measure(this.streamInfo, () => this.findRoute());
    }
    return this.cachedRoute;
  }

  private findRoute(): RouteEntry | undefined {
    const { requestHeaders: headers, config, streamInfo } = this;
    if (headers === undefined) return undefined;
    const { runtime } = config.worker;
    const table = routesOf(headers, config.routes, config.scopes)?.current;
    const entry = findRoute(table, headers, this.routeRandom, this, runtime);
    if (entry === undefined) {
      tellCluster(streamInfo, undefined, undefined);
      return undefined;
    }
    streamInfo.routeName = entry.name;
    streamInfo.virtualHostName = entry.virtualHostName;
    const { action, clusterName } = entry;
    if (action.kind === "forward") this.useLimits(action.forward, headers);
    // Also of requests that never get there, as Envoy.
    tellCluster(
      streamInfo,
      clusterName,
      clusterName === undefined ? undefined : config.worker.clusters.get(clusterName)?.info,
    );
    return entry;
  }

  /** The request's route, its cluster chosen anew; `tried`: see `refreshRoute`. */
  refreshRoute(entry: RouteEntry, tried: Set<number>): RouteEntry | undefined {
    const { requestHeaders: headers, config } = this;
    return headers && refreshRoute(entry, tried, headers, this.routeRandom, this, config.worker.runtime);
  }

  /** Asks for routes that are not here, where they can be had on demand. See `FetchRoutes`. */
  fetchRoutes(done: () => void): (() => void) | undefined {
    const { requestHeaders: headers, config } = this;
    if (headers === undefined) return undefined;
    return routesOf(headers, config.routes, config.scopes)?.fetch?.(headers, done);
  }

  clearRouteCache(): void {
    this.routeKnown = false;
    this.cachedRoute = undefined;
  }

  /** As Envoy: answers in the place of a cluster's responses are treated as they are, whichever filter gives them. */
  finalizeLocalReply(headers: Headers): void {
    const { cachedRoute } = this;
    if (cachedRoute?.action.kind === "forward") cachedRoute.finalizeResponse(headers, this);
  }

  get routeMetadata(): Readonly<Record<string, unknown>> | undefined {
    return this.cachedRoute?.metadata;
  }

  get virtualHostMetadata(): Readonly<Record<string, unknown>> | undefined {
    const { cachedRoute, requestHeaders, config } = this;
    if (!this.routeKnown || (cachedRoute !== undefined && cachedRoute !== HTTPS_REDIRECT))
      return cachedRoute?.virtualHostMetadata;
    // The virtual host is known where it had no route for the request.
    if (requestHeaders === undefined) return undefined;
    const table = routesOf(requestHeaders, config.routes, config.scopes)?.current;
    return table?.findVirtualHost(requestHeaders)?.config.metadata?.filterMetadata;
  }

  protected traceByRoute(headers: Headers): void {
    const { tracer } = this.config;
    this.startTrace(headers, tracer === undefined ? undefined : this.route()?.policies.tracing);
  }
}
