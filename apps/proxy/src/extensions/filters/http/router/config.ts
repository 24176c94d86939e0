import type { Compiled, Counter, Problem } from "@sluice/extension-api";
import type { Router } from "@sluice/xds/gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import type { AccessLogger } from "../../../../access-log/access-logger.ts";
import { durationMs } from "../../../../config-message/duration-ms.ts";
import { compileHttpFilters } from "../../../../http-filter/compile-filter-chain.ts";
import type { HttpFactoryContext, HttpFilterConfig } from "../../../../http-filter/filter-chain-config.ts";
import { createRouterStats, type RouterStats } from "../../../../route/router-stats.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";

export interface RouterConfig {
  readonly worker: WorkerContext;
  readonly stats: RouterStats;
  /** Copies of requests: `http.async-client.rq_total`. */
  readonly copies: Counter;
  readonly suppressEnvoyHeaders: boolean;
  readonly respectExpectedTimeout: boolean;
  /** False: nothing is counted by response code, and no time is recorded. */
  readonly dynamicStats: boolean;
  /** Responses to gRPC requests are not counted by code. */
  readonly suppressGrpcCodes: boolean;
  /** x-envoy- headers whose values are checked; 400 where one is not understood. */
  readonly strictHeaders: readonly string[];
  /** Each try gets a span of its own, whatever the tracing configuration says. */
  readonly startChildSpan: boolean;
  /** Told of each try at its end. */
  readonly upstreamLogs: readonly AccessLogger[];
  /** … and when it has a connection. */
  readonly logsUpstreamStart: boolean;
  /** `upstream_log_flush_interval` in ms: tries are logged so often while they last; 0: not. */
  readonly upstreamLogIntervalMs: number;
  /** What each try passes where its cluster has no filters of its own; undefined: nothing but the codec. */
  readonly upstreamFilters: readonly HttpFilterConfig[] | undefined;
  /** CONNECT is refused with 400 where data come before its answer. */
  readonly rejectsEarlyConnectData: boolean;
}

export function compileRouter(config: Router, context: HttpFactoryContext): Compiled<RouterConfig> {
  const { worker, stats, onClose } = context;
  const problems: Problem[] = [];
  const filters = compileHttpFilters(config.upstreamHttpFilters, "upstream_http_filters", {
    worker,
    stats,
    listenerName: context.place,
    upstream: true,
    onClose,
  });
  if (!filters.ok) problems.push(...filters.problems);
  // A codec by itself makes no difference, but one that is discovered may be missing.
  const discovers = config.upstreamHttpFilters.some(
    ({ configType }) => configType.case === "configDiscovery",
  );
  const logs = worker.accessLoggers.compile(config.upstreamLog, "upstream_log");
  if (!logs.ok) problems.push(...logs.problems);
  if (problems.length > 0 || !logs.ok || !filters.ok) return { ok: false, problems };
  return {
    ok: true,
    value: Object.freeze({
      worker,
      stats: createRouterStats(stats),
      copies: worker.stats.scope("http").scope("async-client").counter("rq_total"),
      suppressEnvoyHeaders: config.suppressEnvoyHeaders,
      respectExpectedTimeout: config.respectExpectedRqTimeout,
      dynamicStats: config.dynamicStats ?? true,
      suppressGrpcCodes: config.suppressGrpcRequestFailureCodeStats,
      strictHeaders: config.strictCheckHeaders.map((name) => name.toLowerCase()),
      startChildSpan: config.startChildSpan,
      upstreamLogs: logs.value,
      upstreamFilters: filters.value.length > 1 || discovers ? filters.value : undefined,
      rejectsEarlyConnectData: config.rejectConnectRequestEarlyData ?? false,
      upstreamLogIntervalMs:
        logs.value.length === 0 ? 0 : durationMs(config.upstreamLogOptions?.upstreamLogFlushInterval, 0),
      logsUpstreamStart: config.upstreamLogOptions?.flushUpstreamLogOnUpstreamStream ?? false,
    }),
  };
}
