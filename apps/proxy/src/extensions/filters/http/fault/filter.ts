import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
  ResponseFlag,
  type Timer,
} from "@sluice/extension-api";
import type { HTTPFault } from "@sluice/xds/gen/envoy/extensions/filters/http/fault/v3/fault_pb.js";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import {
  type AbortFault,
  compileFault,
  FAULT_KEY,
  type FaultConfig,
  type FaultKey,
  type Share,
} from "./config.ts";
import { PacedBody } from "./paced-body.ts";
import { createFaultStats, type FaultStats } from "./stats.ts";

interface FilterConfig {
  readonly config: FaultConfig;
  readonly stats: FaultStats;
  /** Faults of this worker that are being injected. */
  readonly active: { count: number };
}

interface AbortStatus {
  readonly http: number;
  readonly grpc: number | undefined;
}

class FaultFilter extends PassThroughFilter {
  private readonly filter: FilterConfig;
  private fault: FaultConfig;
  private headers: HeaderMap | undefined = undefined;
  private timer: Timer | undefined = undefined;
  private counted = false;
  /** The response, where it is slowed down. */
  private paced: PacedBody | undefined = undefined;

  constructor(filter: FilterConfig) {
    super();
    this.filter = filter;
    this.fault = filter.config;
  }

  override decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    this.fault = this.decoding.perRouteConfig<FaultConfig>() ?? this.filter.config;
    this.headers = headers;
    if (!this.concerns(headers)) return FilterHeadersStatus.Continue;
    this.pace(headers);
    const delayMs = this.delayMs(headers);
    if (delayMs > 0) {
      if (!this.begin()) return FilterHeadersStatus.Continue;
      this.timer = this.decoding.timers.create(() => this.afterDelay());
      this.timer.arm(delayMs);
      this.count("delaysInjected", ResponseFlag.DelayInjected);
      return FilterHeadersStatus.StopIteration;
    }
    const status = this.abortStatus(headers);
    if (status === undefined || !this.begin()) return FilterHeadersStatus.Continue;
    this.abort(status);
    return FilterHeadersStatus.StopIteration;
  }

  override decodeData(): FilterDataStatus {
    return this.timer === undefined ? FilterDataStatus.Continue : FilterDataStatus.StopIterationAndWatermark;
  }
  override decodeTrailers(): FilterTrailersStatus {
    return this.timer === undefined ? FilterTrailersStatus.Continue : FilterTrailersStatus.StopIteration;
  }

  override encodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    if (this.paced === undefined) return FilterDataStatus.Continue;
    this.paced.write(chunk, endStream);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override encodeTrailers(): FilterTrailersStatus {
    const held = this.paced?.holdTrailers() === true;
    return held ? FilterTrailersStatus.StopIteration : FilterTrailersStatus.Continue;
  }

  override onDestroy(): void {
    this.timer?.disarm();
    this.paced?.stop();
    this.end();
  }

  /** Whether the request is one that the fault is for. */
  private concerns(headers: HeaderMap): boolean {
    const { upstreamCluster, downstreamNodes, conditions, runtime } = this.fault;
    if (upstreamCluster !== "" && this.decoding.route()?.clusterName !== upstreamCluster) return false;
    if (
      downstreamNodes.size > 0 &&
      !downstreamNodes.has(headers.get(EnvoyHeader.downstreamServiceNode) ?? "")
    ) {
      return false;
    }
    return conditions.every((one) => one.matches(headers, 0, { runtime }));
  }

  /** The response is to be slowed down, where there is such a fault. */
  private pace(headers: HeaderMap): void {
    const { rate } = this.fault;
    if (rate === undefined) return;
    const asked = wholeNumber(headers.get(EnvoyHeader.faultThroughputResponse));
    const kibPerSecond = rate.kibPerSecond ?? Math.min(asked ?? 0, Number.MAX_SAFE_INTEGER);
    const percent = headers.get(EnvoyHeader.faultThroughputResponsePercentage);
    if (kibPerSecond === 0 || !this.draw(rate.share, rate.kibPerSecond === undefined ? percent : undefined))
      return;
    if (!this.begin()) return;
    this.filter.stats.responseRlInjected.inc();
    this.paced = new PacedBody(this.encoding, kibPerSecond);
  }

  /** 0: no delay. */
  private delayMs(headers: HeaderMap): number {
    const { delay, runtime } = this.fault;
    if (delay === undefined) return 0;
    const byHeader = delay.fixedMs === undefined;
    const asked = byHeader ? wholeNumber(headers.get(EnvoyHeader.faultDelayRequest)) : undefined;
    if (byHeader && asked === undefined) return 0;
    const percent = byHeader ? headers.get(EnvoyHeader.faultDelayRequestPercentage) : undefined;
    if (!this.draw(delay.share, percent)) return 0;
    const { general } = delay.durationKey;
    const ms = runtime.integer(general, asked ?? delay.fixedMs ?? 0);
    const ofCluster = this.keyOf(delay.durationKey);
    return ofCluster === general ? ms : runtime.integer(ofCluster, ms);
  }

  private abortStatus(headers: HeaderMap): AbortStatus | undefined {
    const { abort } = this.fault;
    if (abort === undefined) return undefined;
    if (abort.kind === "header") {
      const http = wholeNumber(headers.get(EnvoyHeader.faultAbortRequest));
      const grpc = wholeNumber(headers.get(EnvoyHeader.faultAbortGrpcRequest));
      const valid = http !== undefined && isHttpStatus(http);
      if (!valid && grpc === undefined) return undefined;
      if (!this.draw(abort.share, headers.get(EnvoyHeader.faultAbortRequestPercentage))) return undefined;
      return valid ? this.httpAbort(abort, http) : this.grpcAbort(abort, grpc ?? 0);
    }
    if (!this.draw(abort.share, undefined)) return undefined;
    return abort.kind === "http" ? this.httpAbort(abort, abort.status) : this.grpcAbort(abort, abort.status);
  }

  private httpAbort({ httpStatusKey }: AbortFault, status: number): AbortStatus {
    const http = this.fault.runtime.integer(this.keyOf(httpStatusKey), status);
    return { http: isHttpStatus(http) ? http : status, grpc: undefined };
  }

  private grpcAbort({ grpcStatusKey }: AbortFault, status: number): AbortStatus {
    return { http: 200, grpc: this.fault.runtime.integer(this.keyOf(grpcStatusKey), status) };
  }

  /** Of a request that names its cluster that cluster's key is asked instead of the general one. */
  private keyOf({ general, ofCluster }: FaultKey): string {
    const cluster = ofCluster === "" ? undefined : this.headers?.get(EnvoyHeader.downstreamServiceCluster);
    return cluster === undefined ? general : `${FAULT_KEY}.${cluster}.${ofCluster}`;
  }

  /** `asked`: a percentage of the request's own, which may only make the share smaller. */
  private draw(share: Share, asked: string | undefined): boolean {
    const { runtime } = this.fault;
    const numerator = Math.min(share.numerator, wholeNumber(asked) ?? share.numerator);
    return runtime.featureEnabled(
      this.keyOf(share.key),
      numerator,
      share.denominator,
      this.decoding.random.uint32(),
    );
  }

  private begin(): boolean {
    if (this.counted) return true;
    const { active, stats } = this.filter;
    if (active.count >= this.fault.runtime.integer(this.fault.maxActiveKey, this.fault.maxActiveFaults)) {
      stats.faultsOverflow.inc();
      return false;
    }
    active.count++;
    stats.activeFaults.add(1);
    this.counted = true;
    const { filterConfigName, streamInfo } = this.decoding;
    streamInfo.setDynamicMetadata(filterConfigName, { ...this.fault.filterMetadata });
    return true;
  }

  private end(): void {
    if (!this.counted) return;
    this.counted = false;
    this.filter.active.count--;
    this.filter.stats.activeFaults.sub(1);
  }

  private afterDelay(): void {
    this.timer = undefined;
    const status = this.headers === undefined ? undefined : this.abortStatus(this.headers);
    if (status !== undefined) {
      this.abort(status);
      return;
    }
    if (this.paced === undefined) this.end();
    this.decoding.continueDecoding();
  }

  private abort({ http, grpc }: AbortStatus): void {
    this.count("abortsInjected", ResponseFlag.FaultInjected);
    const body = this.fault.abort?.body ?? "";
    this.decoding.sendLocalReply(http, body, "fault_filter_abort", undefined, grpc);
  }

  private count(what: "delaysInjected" | "abortsInjected", flag: ResponseFlag): void {
    const { stats } = this.filter;
    this.decoding.streamInfo.setResponseFlag(flag);
    const cluster = this.headers?.get(EnvoyHeader.downstreamServiceCluster) ?? "";
    if (this.fault.perClusterStats && cluster !== "") stats.ofDownstream(cluster)?.[what].inc();
    stats[what].inc();
  }
}

function isHttpStatus(status: number): boolean {
  return status >= 200 && status < 600;
}

/** Unsigned, with a sign and spaces before it if need be. */
function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\+?\d+\s*$/.test(text) ? Number(text) : undefined;
}

export const faultFactory: HttpFilterFactory<FilterConfig, FaultConfig> = {
  terminal: false,
  compile: (message, context) => {
    const config = compileFault(asConfig(message), context);
    if (!config.ok) return config;
    return {
      ok: true,
      value: { config: config.value, stats: createFaultStats(context.stats), active: { count: 0 } },
    };
  },
  compilePerRoute: (message, context) => compileFault(asConfig(message), context),
  create: (config) => new FaultFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): HTTPFault {
  return message as HTTPFault;
}
