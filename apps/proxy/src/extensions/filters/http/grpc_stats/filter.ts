import {
  type Counter,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
} from "@sluice/extension-api";
import { isGrpcContentType } from "@sluice/matching";
import type { FilterConfig } from "@sluice/xds/gen/envoy/extensions/filters/http/grpc_stats/v3/config_pb.js";
import { asHttpContext } from "../../../../http-filter/filter-chain-config.ts";
import { compileGrpcStats, type GrpcMethodStats, type GrpcStatsConfig } from "./config.ts";
import { GrpcFrameCounter } from "./frame-counter.ts";
import { MessageCounts } from "./message-counts.ts";

const FILTER_NAME = "envoy.filters.http.grpc_stats";

interface Runtime {
  readonly config: GrpcStatsConfig;
  statNameOf(cluster: string): string;
}

class GrpcStatsFilter extends PassThroughFilter {
  private readonly runtime: Runtime;
  private stats: GrpcMethodStats | undefined = undefined;
  private readonly requests = new GrpcFrameCounter();
  private readonly responses = new GrpcFrameCounter();
  private isGrpc = false;
  /** The response may be gRPC where the request was not. */
  private answersGrpc = false;
  private counts: MessageCounts | undefined = undefined;

  constructor(runtime: Runtime) {
    super();
    this.runtime = runtime;
  }

  override decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    if (!isGrpcContentType(headers.get("content-type"))) return FilterHeadersStatus.Continue;
    const cluster = this.decoding.route()?.clusterName;
    if (cluster === undefined) return FilterHeadersStatus.Continue;
    this.isGrpc = true;
    const [, service, method] = /^\/*([^/?]+)\/+([^/?]+)\/*(?:\?|$)/.exec(headers.get(":path") ?? "") ?? [];
    if (service === undefined || method === undefined) return FilterHeadersStatus.Continue;
    this.stats = this.runtime.config.methodStats(this.runtime.statNameOf(cluster), service, method);
    return FilterHeadersStatus.Continue;
  }

  override decodeData(chunk: Uint8Array): FilterDataStatus {
    if (this.isGrpc) this.countFrames(this.requests, chunk, this.stats?.requestMessages);
    return FilterDataStatus.Continue;
  }

  override encodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus {
    this.countStatus(headers);
    if (endStream) this.finish();
    else
      this.answersGrpc = headers.get(":status") === "200" && isGrpcContentType(headers.get("content-type"));
    return FilterHeadersStatus.Continue;
  }

  override encodeData(chunk: Uint8Array): FilterDataStatus {
    if (this.answersGrpc) this.countFrames(this.responses, chunk, this.stats?.responseMessages);
    return FilterDataStatus.Continue;
  }

  override encodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    this.countStatus(trailers);
    this.finish();
    return FilterTrailersStatus.Continue;
  }

  private countFrames(frames: GrpcFrameCounter, chunk: Uint8Array, counter: Counter | undefined): void {
    const before = frames.count;
    frames.add(chunk);
    if (frames.count === before) return;
    counter?.add(frames.count - before);
    if (!this.runtime.config.emitFilterState) return;
    if (this.counts === undefined) {
      this.counts = new MessageCounts();
      this.decoding.streamInfo.filterState.set(FILTER_NAME, this.counts);
    }
    this.counts.requests = this.requests.count;
    this.counts.responses = this.responses.count;
  }

  /** As in Envoy a status counts wherever it stands, in the headers and in the trailers, whatever it is. */
  private countStatus(headers: HeaderMap): void {
    const { stats } = this;
    const status = headers.get("grpc-status");
    if (stats === undefined || status === undefined) return;
    stats.status(status)?.inc();
    (status === "0" ? stats.success : stats.failure).inc();
    stats.total.inc();
  }

  private finish(): void {
    const { stats } = this;
    if (stats === undefined) return;
    const { lastUpstreamTxByteMs: sent, lastUpstreamRxByteMs: received } = this.decoding.streamInfo;
    if (this.runtime.config.upstreamStats && sent !== undefined && received !== undefined)
      stats.upstreamTime.record(Math.max(0, received - sent));
    this.stats = undefined;
  }
}

export const grpcStatsFactory: HttpFilterFactory<Runtime> = {
  terminal: false,
  compile: (config, context) => {
    const { worker } = asHttpContext(context);
    const compiled = compileGrpcStats(asConfig(config), worker.stats);
    if (!compiled.ok) return compiled;
    return {
      ok: true,
      value: {
        config: compiled.value,
        statNameOf: (cluster) => worker.clusters.get(cluster)?.info.statName ?? cluster,
      },
    };
  },
  create: (config) => new GrpcStatsFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): FilterConfig {
  return message as FilterConfig;
}
