import type { ConnectionInfo } from "@sluice/extension-api";
import type { SocketConnection } from "../connection/socket-connection.ts";
import type { AccessLogType, FormatContext } from "../formatter/format-context.ts";
import type { StreamProtocol } from "../http/codec.ts";
import type { Headers } from "../http/header-map.ts";
import type { MatchedStream } from "../http-filter/stream-matching-data.ts";
import { ByteMeter } from "../stream-info/byte-meter.ts";
import { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import type { RouteTracing } from "../tracing/route-tracing.ts";
import type { ActiveSpan } from "../tracing/tracer.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import { countEnd, countRequest, countStart } from "./count-stream.ts";
import type { LocalReplyView } from "./local-reply-mapper.ts";
import { traceRequest } from "./trace-request.ts";

/**
 * What is known of a request and told of it: its messages' heads and trailers as they are now, its times and figures, its span.
 * Matchers, formats and access logs read it; it knows nothing of how the messages move. A stream has one record but, behind an
 * internal redirect, more than one stream info: each is counted, logged and traced as a request of its own.
 */
export class StreamRecord extends ByteMeter implements FormatContext, MatchedStream, LocalReplyView {
  streamInfo: RequestStreamInfo;
  /** As this request sees it: with the client that it came from. */
  connection: ConnectionInfo;
  requestHeaders: Headers | undefined = undefined;
  response: Headers | undefined = undefined;
  responseTrailers: Headers | undefined = undefined;
  localReplyBody: string | undefined = undefined;
  accessLogType: AccessLogType | undefined = undefined;
  span: ActiveSpan | undefined = undefined;
  protected readonly config: ConnectionManagerConfig;

  constructor(
    config: ConnectionManagerConfig,
    connection: ConnectionInfo & Pick<SocketConnection, "streamInfo">,
    protocol: StreamProtocol,
  ) {
    super();
    const { clock } = config.worker;
    this.config = config;
    this.connection = connection;
    this.streamInfo = new RequestStreamInfo(clock.wallMs(), clock.nowMs(), connection.streamInfo);
    this.streamInfo.protocol = protocol;
    this.streamInfo.downstreamBytes = this;
    this.streamInfo.schemeMatchesUpstream = config.schemeMatchesUpstream;
    this.streamInfo.hidesClient = config.hidesClient;
    countStart(config, protocol === "HTTP/2");
  }

  get meter(): ByteMeter {
    return this;
  }
  get request(): Headers | undefined {
    return this.requestHeaders;
  }
  get listenerName(): string {
    return this.config.listenerName;
  }
  get traceId(): string | undefined {
    return this.span?.traceId;
  }
  get spanId(): string | undefined {
    return this.span?.spanId;
  }

  setResponseCode(status: number): void {
    this.streamInfo.responseCode = status;
  }

  /** In ms, on the monotonic clock: what the stream info's times count from. */
  sinceStart(): number {
    return this.config.worker.clock.nowMs() - this.streamInfo.startNowMs;
  }
  /** The time of day, by the same clock. */
  wallMs(): number {
    return this.streamInfo.startTimeMs + this.sinceStart();
  }

  /** `route`: what the request's route says of tracing. */
  protected startTrace(headers: Headers, route: RouteTracing | undefined): void {
    const { config } = this;
    const { tracer } = config;
    this.span =
      tracer === undefined ? undefined : traceRequest(tracer, headers, this.streamInfo, route, config);
  }

  protected log(type: AccessLogType): void {
    this.accessLogType = type;
    for (const logger of this.config.accessLoggers) logger.log(this);
  }

  /** The request is over: nothing is added to its stream info any more. `sent`: the client got the response, so that it counts. */
  protected conclude(durationMs: number, sent: boolean): void {
    const { streamInfo } = this;
    countEnd(this.config, streamInfo, durationMs, sent);
    this.config.routeFigures?.record(streamInfo);
    this.log("DownstreamEnd");
    if (!streamInfo.healthCheck)
      this.span?.finish(this, streamInfo.startTimeMs + durationMs, streamInfo.responseCode);
  }

  /** What follows is another request. */
  protected beginAnew(): void {
    const { clock } = this.config.worker;
    this.response = undefined;
    this.responseTrailers = undefined;
    this.streamInfo = this.streamInfo.redirected(clock.wallMs(), clock.nowMs());
    countRequest(this.config, this.streamInfo.protocol === "HTTP/2");
  }
}
