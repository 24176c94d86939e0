import type { HeaderMap, ResponseFlag } from "@sluice/extension-api";
import type { ClusterInfo, Host } from "../../../../cluster/thread-local-cluster.ts";
import type { FormatContext } from "../../../../formatter/format-context.ts";
import type { HttpStream } from "../../../../http-connection-manager/http-stream.ts";
import { RequestStreamInfo } from "../../../../stream-info/request-stream-info.ts";
import type { ActiveSpan } from "../../../../tracing/tracer.ts";

/** The span of a copy, a child of the request's, which it outlives. */
export class MirrorTrace implements FormatContext {
  readonly streamInfo: RequestStreamInfo;
  readonly request: HeaderMap;
  readonly connection: FormatContext["connection"];
  response: HeaderMap | undefined = undefined;
  responseTrailers: HeaderMap | undefined = undefined;
  private readonly span: ActiveSpan;
  private readonly clock: HttpStream["clock"];
  private ended = false;

  private constructor(stream: HttpStream, span: ActiveSpan, cluster: ClusterInfo, headers: HeaderMap) {
    this.span = span;
    this.clock = stream.clock;
    this.request = headers;
    this.connection = stream.connection;
    this.streamInfo = new RequestStreamInfo(stream.wallMs(), stream.clock.nowMs());
    // As Envoy, which knows nothing of the protocol here.
    this.streamInfo.protocol = "HTTP/1.1";
    this.streamInfo.upstreamCluster = cluster.name;
    this.streamInfo.upstreamClusterStatName = cluster.statName;
    this.streamInfo.upstreamClusterMetadata = cluster.metadata;
  }

  /** The copy's head gets its own place in the trace. `undefined`: requests are not traced. */
  static start(
    stream: HttpStream,
    cluster: ClusterInfo,
    headers: HeaderMap,
    sampled: boolean | undefined,
  ): MirrorTrace | undefined {
    const span = stream.span?.startMirrorSpan(cluster.name, stream.wallMs(), sampled);
    if (span === undefined) return undefined;
    span.inject(headers);
    return span.sampled ? new MirrorTrace(stream, span, cluster, headers) : undefined;
  }

  sentTo(host: Host): void {
    this.streamInfo.upstreamRemoteAddress = host.address;
  }

  answered(headers: HeaderMap, status: number): void {
    this.response = headers;
    this.streamInfo.responseCode = status;
  }

  trailers(trailers: HeaderMap): void {
    this.responseTrailers = trailers;
  }

  /** `status`: of the answer that nobody gets. */
  failed(status: number, flag: ResponseFlag): void {
    this.streamInfo.responseCode = status;
    this.streamInfo.setResponseFlag(flag);
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    const { streamInfo, span, clock } = this;
    const endMs = streamInfo.startTimeMs + clock.nowMs() - streamInfo.startNowMs;
    span.finish(this, endMs, streamInfo.responseCode);
  }
}
