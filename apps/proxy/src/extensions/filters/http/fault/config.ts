import type { Compiled, FactoryContext, Problem } from "@sluice/extension-api";
import { type Condition, compileHeaderMatcher, toBinaryString } from "@sluice/matching";
import type { HTTPFault } from "@sluice/xds/gen/envoy/extensions/filters/http/fault/v3/fault_pb.js";
import type { FractionalPercent } from "@sluice/xds/gen/envoy/type/v3/percent_pb.js";
import { durationMs } from "../../../../config-message/duration-ms.ts";

/** Where the runtime may say otherwise. */
export interface FaultKey {
  readonly general: string;
  /** Behind `fault.http.<downstream cluster>.`, for requests that name theirs; "": there is no such key. */
  readonly ofCluster: string;
}

/** A share of requests; `denominator` is 100, 10,000 or a million. */
export interface Share {
  readonly numerator: number;
  readonly denominator: number;
  readonly key: FaultKey;
}

export interface DelayFault {
  /** `undefined`: the request says how long. */
  readonly fixedMs: number | undefined;
  readonly durationKey: FaultKey;
  readonly share: Share;
}

export interface AbortFault {
  readonly kind: "http" | "grpc" | "header";
  /** An HTTP or a gRPC status. */
  readonly status: number;
  readonly httpStatusKey: FaultKey;
  readonly grpcStatusKey: FaultKey;
  readonly share: Share;
  readonly body: string;
}

/** `response_rate_limit`. */
export interface RateFault {
  /** `undefined`: the request says how fast. */
  readonly kibPerSecond: number | undefined;
  readonly share: Share;
}

export interface FaultConfig {
  readonly delay: DelayFault | undefined;
  readonly rate: RateFault | undefined;
  readonly abort: AbortFault | undefined;
  /** "": any. */
  readonly upstreamCluster: string;
  readonly conditions: readonly Condition[];
  readonly downstreamNodes: ReadonlySet<string>;
  readonly maxActiveFaults: number;
  readonly maxActiveKey: string;
  readonly perClusterStats: boolean;
  readonly filterMetadata: Record<string, unknown> | undefined;
  readonly runtime: FactoryContext["runtime"];
}

const DENOMINATORS = [100, 10_000, 1_000_000];
/** Above all keys of the runtime. */
export const FAULT_KEY = "fault.http";

export function compileFault(config: HTTPFault, context: FactoryContext): Compiled<FaultConfig> {
  const problems: Problem[] = [];
  const conditions: Condition[] = [];
  for (const [i, matcher] of config.headers.entries()) {
    const compiled = compileHeaderMatcher(matcher, `headers[${i}]`);
    if (compiled.ok) conditions.push(compiled.value);
    else problems.push(...compiled.problems);
  }
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: Object.freeze({
      delay: compileDelay(config),
      rate: compileRate(config),
      abort: compileAbort(config),
      upstreamCluster: config.upstreamCluster,
      conditions,
      downstreamNodes: new Set(config.downstreamNodes),
      maxActiveFaults: config.maxActiveFaults ?? Number.MAX_SAFE_INTEGER,
      maxActiveKey: general(config.maxActiveFaultsRuntime, "max_active_faults"),
      perClusterStats: !config.disableDownstreamClusterStats,
      filterMetadata: config.filterMetadata,
      runtime: context.runtime,
    }),
  };
}

function general(own: string, usual: string): string {
  return own === "" ? `${FAULT_KEY}.${usual}` : own;
}

function keyed(own: string, usual: string): FaultKey {
  return { general: general(own, usual), ofCluster: usual };
}

function compileDelay(config: HTTPFault): DelayFault | undefined {
  const { delay } = config;
  if (delay === undefined) return undefined;
  const specifier = delay.faultDelaySecifier;
  return {
    fixedMs: specifier.case === "fixedDelay" ? Math.trunc(durationMs(specifier.value, 0)) : undefined,
    durationKey: keyed(config.delayDurationRuntime, "delay.fixed_duration_ms"),
    share: share(delay.percentage, keyed(config.delayPercentRuntime, "delay.fixed_delay_percent")),
  };
}

function compileRate(config: HTTPFault): RateFault | undefined {
  const { responseRateLimit: limit } = config;
  if (limit === undefined) return undefined;
  const { limitType } = limit;
  const key = general(config.responseRateLimitPercentRuntime, "rate_limit.response_percent");
  return {
    kibPerSecond: limitType.case === "fixedLimit" ? Number(limitType.value.limitKbps) : undefined,
    share: share(limit.percentage, { general: key, ofCluster: "" }),
  };
}

function compileAbort(config: HTTPFault): AbortFault | undefined {
  const { abort } = config;
  if (abort === undefined) return undefined;
  const { errorType } = abort;
  return {
    kind: errorType.case === "httpStatus" ? "http" : errorType.case === "grpcStatus" ? "grpc" : "header",
    status: typeof errorType.value === "number" ? errorType.value : 0,
    httpStatusKey: keyed(config.abortHttpStatusRuntime, "abort.http_status"),
    grpcStatusKey: keyed(config.abortGrpcStatusRuntime, "abort.grpc_status"),
    share: share(abort.percentage, keyed(config.abortPercentRuntime, "abort.abort_percent")),
    body: abort.responseBody === "" ? "fault filter abort" : toBinaryString(abort.responseBody),
  };
}

function share(percent: FractionalPercent | undefined, key: FaultKey): Share {
  return {
    numerator: percent?.numerator ?? 0,
    denominator: DENOMINATORS[percent?.denominator ?? 0] ?? 100,
    key,
  };
}
