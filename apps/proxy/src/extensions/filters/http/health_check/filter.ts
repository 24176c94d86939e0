import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
  ResponseFlag,
} from "@sluice/extension-api";
import type { HealthCheck } from "@sluice/xds/gen/envoy/extensions/filters/http/health_check/v3/health_check_pb.js";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import { asHttpContext } from "../../../../http-filter/filter-chain-config.ts";
import type { SharedNumber } from "../../../../worker/shared-slots.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";
import { type CachedAnswer, CheckCache } from "./check-cache.ts";
import { compileHealthCheckFilter, type HealthCheckFilterConfig } from "./config.ts";
import { createHealthCheckStats, type HealthCheckStats } from "./stats.ts";

interface FilterConfig {
  readonly config: HealthCheckFilterConfig;
  readonly worker: WorkerContext;
  readonly stats: HealthCheckStats;
  /** `undefined`: every check is passed on. */
  readonly cache: CheckCache | undefined;
}

interface Verdict {
  readonly status: number;
  readonly details: string;
  readonly degraded: boolean;
}

class HealthCheckFilter extends PassThroughFilter {
  private readonly filter: FilterConfig;
  private isCheck = false;
  private answers = false;
  private cached: CachedAnswer | undefined = undefined;

  constructor(filter: FilterConfig) {
    super();
    this.filter = filter;
  }

  override decodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus {
    const { config, worker, cache } = this.filter;
    const matching = { runtime: worker.runtime };
    if (!config.conditions.every((one) => one.matches(headers, 0, matching)))
      return FilterHeadersStatus.Continue;
    this.isCheck = true;
    this.decoding.streamInfo.setHealthCheck?.();
    if (config.passThrough && !worker.drain.healthCheckFailed) {
      this.cached = cache?.get();
      if (this.cached === undefined) return FilterHeadersStatus.Continue;
    }
    this.answers = true;
    if (endStream) this.answer();
    return FilterHeadersStatus.StopIteration;
  }

  override decodeData(_chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    if (!this.answers) return FilterDataStatus.Continue;
    if (endStream) this.answer();
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override decodeTrailers(): FilterTrailersStatus {
    if (!this.answers) return FilterTrailersStatus.Continue;
    this.answer();
    return FilterTrailersStatus.StopIteration;
  }

  override encodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    const { worker, cache } = this.filter;
    if (this.isCheck) {
      // As in Envoy, whoever gave the answer: that a check was refused stands, too.
      cache?.put({
        status: Number(headers.get(":status") ?? "0"),
        degraded: headers.has(EnvoyHeader.degraded),
      });
      headers.set(EnvoyHeader.upstreamHealthcheckedCluster, worker.localInfo.nodeCluster);
    } else if (worker.drain.healthCheckFailed) headers.set(EnvoyHeader.immediateHealthCheckFail, "true");
    return FilterHeadersStatus.Continue;
  }

  private answer(): void {
    const { stats } = this.filter;
    const { status, details, degraded } = this.verdict();
    const ok = status >= 200 && status < 300;
    if (!ok) this.decoding.streamInfo.setResponseFlag(ResponseFlag.FailedLocalHealthCheck);
    stats.requestTotal.inc();
    (ok ? stats.ok : stats.failed).inc();
    if (degraded) stats.degraded.inc();
    this.decoding.sendLocalReply(status, "", details, (headers) => {
      if (degraded) headers.set(EnvoyHeader.degraded, "");
    });
  }

  private verdict(): Verdict {
    const { config, worker } = this.filter;
    if (worker.drain.healthCheckFailed) return failed("health_check_failed");
    if (this.cached !== undefined) {
      this.filter.stats.cachedResponse.inc();
      return { ...this.cached, details: "health_check_cached" };
    }
    if (config.minHealthyPercentages.length === 0)
      return { status: 200, details: "health_check_ok", degraded: false };
    for (const [name, percent] of config.minHealthyPercentages) {
      const trouble = clusterTrouble(worker, name, percent);
      if (trouble === undefined) continue;
      this.filter.stats[trouble].inc();
      return failed(TROUBLE_DETAILS[trouble]);
    }
    return { status: 200, details: "health_check_ok_cluster_healthy", degraded: false };
  }
}

function failed(details: string): Verdict {
  return { status: 503, details, degraded: false };
}

type Trouble = "failedClusterNotFound" | "failedClusterEmpty" | "failedClusterUnhealthy";

const TROUBLE_DETAILS: Readonly<Record<Trouble, string>> = {
  failedClusterNotFound: "health_check_failed_no_cluster_found",
  failedClusterEmpty: "health_check_failed_cluster_empty",
  failedClusterUnhealthy: "health_check_failed_cluster_unhealthy",
};

/** Why a cluster is not healthy enough; undefined when it is. */
function clusterTrouble(worker: WorkerContext, name: string, percent: number): Trouble | undefined {
  const cluster = worker.clusters.get(name);
  if (cluster === undefined) return "failedClusterNotFound";
  let total = 0;
  let usable = 0;
  for (const { hosts, healthy, degraded } of cluster.hostSets) {
    total += hosts.length;
    usable += healthy.length + degraded.length;
  }
  if (total === 0) return percent === 0 ? undefined : "failedClusterEmpty";
  return 100 * usable < total * percent ? "failedClusterUnhealthy" : undefined;
}

export const healthCheckFactory: HttpFilterFactory<FilterConfig> = {
  terminal: false,
  compile: (message, context) => {
    const compiled = compileHealthCheckFilter(asConfig(message));
    if (!compiled.ok) return compiled;
    const { worker, place } = asHttpContext(context);
    const { cacheMs } = compiled.value;
    const numberOf = (name: string): SharedNumber => worker.shared.number(`${place} health check ${name}`, 1);
    return {
      ok: true,
      value: {
        config: compiled.value,
        worker,
        stats: createHealthCheckStats(context.stats),
        cache: cacheMs > 0 ? new CheckCache(cacheMs, numberOf, worker.clock) : undefined,
      },
    };
  },
  create: (config) => new HealthCheckFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): HealthCheck {
  return message as HealthCheck;
}
