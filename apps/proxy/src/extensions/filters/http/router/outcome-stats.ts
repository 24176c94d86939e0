import type { HeaderMap } from "@sluice/extension-api";
import { isCanary } from "../../../../cluster/host-canary.ts";
import type { ResponseKind } from "../../../../cluster/response-figures.ts";
import type { ClusterInfo, Host } from "../../../../cluster/thread-local-cluster.ts";
import { percentOfTimeout } from "../../../../cluster/tracked-stats.ts";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import type { RouteStats } from "../../../../route/route-entry.ts";
import type { RouterConfig } from "./config.ts";

/** Counts what a request came to: by cluster, route and virtual cluster. */
export class OutcomeStats implements ResponseKind {
  /** Of the route and the virtual cluster, where they have any. */
  readonly routeStats: readonly RouteStats[];
  private readonly counts: boolean;
  readonly internal: boolean;
  canary = false;
  readonly withoutCodes: boolean;
  readonly fromZone: string;
  toZone = "";
  readonly altName: string;

  /** `healthCheck`: the request asks for health, which is not counted. */
  constructor(
    config: RouterConfig,
    request: HeaderMap,
    isGrpc: boolean,
    routeStats: readonly RouteStats[],
    healthCheck: boolean,
  ) {
    this.counts = config.dynamicStats && !healthCheck;
    this.routeStats = routeStats;
    this.internal = request.get(EnvoyHeader.internal) === "true";
    this.withoutCodes = isGrpc && config.suppressGrpcCodes;
    this.fromZone = config.worker.localInfo.zone;
    this.altName = request.get(EnvoyHeader.upstreamAltStatName) ?? "";
  }

  /** `response`: its head, where the upstream sent one. */
  countResponse(info: ClusterInfo, host: Host | undefined, status: number, response?: HeaderMap): void {
    if (!this.counts) return;
    this.canary =
      response?.get(EnvoyHeader.upstreamCanary) === "true" || (host !== undefined && isCanary(host));
    this.toZone = host?.zone ?? "";
    info.stats.responses.countKind(status, this);
    for (const stats of this.routeStats) stats.countResponse(status);
    if (status >= 500) host?.stats.rqError.inc();
  }

  /** `elapsedMs`: from the end of the request to the end of the response that was counted last. */
  recordTime(info: ClusterInfo, host: Host, elapsedMs: number): void {
    if (!this.counts) return;
    host.outlier?.putResponseTime(elapsedMs);
    info.stats.responses.recordKind(elapsedMs, this);
    for (const stats of this.routeStats) stats.upstreamRqTime.record(elapsedMs);
    host.stats.rqTime?.record(elapsedMs);
  }

  /** How much of its timeout a request has used, where the cluster keeps account of that. */
  recordBudget(info: ClusterInfo, elapsedMs: number, timeoutMs: number): void {
    info.tracked.timeoutBudgets?.percentUsed.record(percentOfTimeout(elapsedMs, timeoutMs));
  }
}
