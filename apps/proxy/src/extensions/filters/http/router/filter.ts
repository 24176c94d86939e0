import {
  type DecoderCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  ResponseFlag,
  type StreamDecoderFilter,
} from "@sluice/extension-api";
import { isGrpcRequest } from "@sluice/matching";
import type { Router } from "@sluice/xds/gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import type { ThreadLocalCluster } from "../../../../cluster/thread-local-cluster.ts";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import { asHeaders, type Headers } from "../../../../http/header-map.ts";
import type { HttpStream } from "../../../../http-connection-manager/http-stream.ts";
import { streamOf } from "../../../../http-connection-manager/stream-of.ts";
import { tellCluster } from "../../../../http-connection-manager/tell-cluster.ts";
import { asHttpContext } from "../../../../http-filter/filter-chain-config.ts";
import { LoadShedPoint } from "../../../../overload/overload-state.ts";
import {
  type ForwardAction,
  type RouteAction,
  type RouteEntry,
  type RouteStats,
  replacePath,
} from "../../../../route/route-entry.ts";
import { asksRouter } from "./asks-router.ts";
import { compileRouter, type RouterConfig } from "./config.ts";
import { UpstreamExchange } from "./exchange.ts";
import { OutcomeStats } from "./outcome-stats.ts";
import { findInvalidHeader } from "./strict-headers.ts";

/** The terminal filter: answers where the route does by itself, else forwards by an `UpstreamExchange`. */
class RouterFilter implements StreamDecoderFilter {
  private readonly config: RouterConfig;
  private callbacks!: DecoderCallbacks;
  private stream!: HttpStream;
  private exchange: UpstreamExchange | undefined = undefined;

  constructor(config: RouterConfig) {
    this.config = config;
  }

  setDecoderCallbacks(callbacks: DecoderCallbacks): void {
    this.callbacks = callbacks;
    this.stream = streamOf(callbacks);
  }

  decodeHeaders(map: HeaderMap, endStream: boolean): FilterHeadersStatus {
    const { callbacks, config, stream } = this;
    const headers = asHeaders(map);
    config.stats.rqTotal.inc();
    const route = stream.route();
    if (route === undefined) {
      config.stats.noRoute.inc();
      stream.streamInfo.setResponseFlag(ResponseFlag.NoRouteFound);
      callbacks.sendLocalReply(404, "", "route_not_found");
    } else if (route.action.kind === "forward") {
      this.forward(route, route.action.forward, headers, endStream);
    } else this.answer(route.action, route, headers);
    return FilterHeadersStatus.StopIteration;
  }

  decodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    if (this.refusesEarlyData()) {
      this.callbacks.sendLocalReply(400, "", "early_connect_data");
    } else this.exchange?.data(chunk, endStream);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  decodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    this.exchange?.requestTrailers(asHeaders(trailers));
    return FilterTrailersStatus.StopIteration;
  }

  /** See `FilterManager.heldBytes`. */
  get heldBytes(): number {
    return this.exchange?.heldBytes ?? 0;
  }

  onDestroy(): void {
    this.exchange?.destroy();
  }

  private forward(
    route: RouteEntry,
    forward: ForwardAction,
    headers: Headers,
    endStream: boolean,
  ): undefined {
    const { callbacks, config, stream } = this;
    const { streamInfo } = stream;
    const clusterName = route.clusterName ?? "";
    const cluster = config.worker.clusters.get(clusterName);
    if (cluster === undefined) {
      config.stats.noCluster.inc();
      streamInfo.setResponseFlag(ResponseFlag.NoClusterFound);
      callbacks.sendLocalReply(forward.clusterNotFoundStatus, "", "cluster_not_found");
      return;
    }
    // It may have come since the route was looked for.
    if (streamInfo.upstreamCluster === undefined) tellCluster(streamInfo, clusterName, cluster.info);
    const virtualCluster = route.policies.virtualClusters?.find(headers);
    if (virtualCluster !== undefined) streamInfo.virtualClusterName = virtualCluster.name;
    if (streamInfo.healthCheck && stream.span !== undefined) stream.span.sampled = false;
    const invalid =
      config.strictHeaders.length === 0 ? undefined : findInvalidHeader(headers, config.strictHeaders);
    if (invalid !== undefined) {
      streamInfo.setResponseFlag(ResponseFlag.InvalidEnvoyRequestHeaders);
      const body = `invalid header '${invalid}' with value '${headers.get(invalid) ?? ""}'`;
      callbacks.sendLocalReply(400, body, `request_headers_failed_strict_check{${invalid}}`);
      return;
    }
    const isGrpc = isGrpcRequest(headers);
    const routeStats = route.statsFor(virtualCluster?.stats);
    const outcome = new OutcomeStats(
      config,
      headers,
      isGrpc,
      routeStats === undefined ? NO_STATS : [routeStats],
      streamInfo.healthCheck,
    );
    const asks = asksRouter(headers);
    if (asks) headers.remove(EnvoyHeader.upstreamAltStatName);
    if (this.refusesForOverload(cluster, outcome)) return;
    if (config.worker.overload.sheds(LoadShedPoint.Router)) {
      config.stats.rqOverloadLocalReply.inc();
      callbacks.sendLocalReply(503, "envoy overloaded", "overload");
      return;
    }
    this.exchange = new UpstreamExchange({
      config,
      callbacks,
      stream,
      route,
      forward,
      cluster,
      headers,
      headersOnly: endStream,
      isGrpc,
      asks,
      outcome,
    });
    this.exchange.start();
  }

  private refusesEarlyData(): boolean {
    const { config, stream } = this;
    if (!config.rejectsEarlyConnectData || stream.response !== undefined) return false;
    return stream.requestHeaders?.get(":method") === "CONNECT";
  }

  /** Maintenance mode, by runtime, and `drop_overloads` of the cluster's assignment. */
  private refusesForOverload(cluster: ThreadLocalCluster, outcome: OutcomeStats): boolean {
    const { callbacks, config, stream } = this;
    const { runtime, random } = config.worker;
    const { info } = cluster;
    const dropped = cluster.dropOverload?.();
    if (dropped !== undefined) {
      stream.streamInfo.setResponseFlag(dropped.flag);
      outcome.countResponse(info, undefined, 503);
      info.drops?.all.inc();
      info.drops?.byOverload.inc();
      callbacks.sendLocalReply(503, dropped.body, dropped.details, (out) => {
        if (!config.suppressEnvoyHeaders) out.append(dropped.header, "true");
      });
      return true;
    }
    if (!runtime.featureEnabled(info.maintenanceModeKey, 0, 100, random.uint32())) return false;
    stream.streamInfo.setResponseFlag(ResponseFlag.UpstreamOverflow);
    outcome.countResponse(info, undefined, 503);
    info.stats.upstreamRqMaintenanceMode.inc();
    info.drops?.all.inc();
    callbacks.sendLocalReply(503, "maintenance mode", "maintenance_mode", (out) => {
      if (!config.suppressEnvoyHeaders) out.append(EnvoyHeader.overloaded, "true");
    });
    return true;
  }

  /** Routes that answer by themselves. */
  private answer(
    action: Exclude<RouteAction, { kind: "forward" }>,
    route: RouteEntry,
    headers: Headers,
  ): void {
    const { config, stream, callbacks } = this;
    config.stats.rqDirectResponse.inc();
    if (action.kind === "redirect" && action.rewritePath !== undefined) {
      replacePath(headers, action.rewritePath, stream, !config.suppressEnvoyHeaders);
    }
    const body = action.kind === "direct" ? action.body(stream) : "";
    callbacks.sendLocalReply(action.status, body, "direct_response", (out) => {
      // Where a CONNECT might go instead nobody can say.
      const location = headers.has(":path") ? action.location?.(headers, stream) : undefined;
      if (location !== undefined) out.append("location", location);
      stream.response = asHeaders(out);
      route.finalizeResponse(out, stream);
      // As Envoy: what the format says of itself goes before what the route adds.
      if (action.kind === "direct" && action.contentType !== undefined && body !== "") {
        out.set("content-type", action.contentType);
      }
    });
  }
}

const NO_STATS: readonly RouteStats[] = Object.freeze([]);

export const routerFactory: HttpFilterFactory = {
  terminal: true,
  compile: (message, context) => compileRouter(asRouter(message), asHttpContext(context)),
  create: (config) => new RouterFilter(asRouterConfig(config)),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asRouter(message: unknown): Router {
  return message as Router;
} /** What `compile` above made. */
function asRouterConfig(config: unknown): RouterConfig {
  return config as RouterConfig;
}
