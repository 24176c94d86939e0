import { type HeaderMap, RESPONSE_FLAG_CODES, ResponseFlag, type Timer } from "@sluice/extension-api";
import type { AccessLogType, FormatContext } from "../../../../formatter/format-context.ts";
import type { HttpStream } from "../../../../http-connection-manager/http-stream.ts";
import { RequestStreamInfo } from "../../../../stream-info/request-stream-info.ts";
import type { RouterConfig } from "./config.ts";
import type { UpstreamTry } from "./upstream-try.ts";

/** Spans and `upstream_log` entries of a request's tries: one at the end of each, more at its start and while it lasts where configured. */
export class TryLog {
  private readonly config: RouterConfig;
  private readonly stream: HttpStream;
  private responseHeaders: HeaderMap | undefined = undefined;
  private responseTrailers: HeaderMap | undefined = undefined;
  /** Of tries that are logged while they last. */
  private intervals: Map<UpstreamTry, Timer> | undefined = undefined;

  constructor(config: RouterConfig, stream: HttpStream) {
    this.config = config;
    this.stream = stream;
  }

  /** The try is about to ask for a connection. */
  begun(attempt: UpstreamTry): void {
    const { worker, upstreamLogs, upstreamLogIntervalMs } = this.config;
    if (upstreamLogIntervalMs === 0) return;
    const timer = worker.timers.create(() => {
      timer.arm(upstreamLogIntervalMs);
      const context = this.context(attempt, 0, this.stream.wallMs(), "UpstreamPeriodic");
      for (const logger of upstreamLogs) logger.log(context);
    });
    timer.arm(upstreamLogIntervalMs);
    this.intervals ??= new Map();
    this.intervals.set(attempt, timer);
  }

  /** The try has its connection; nothing was sent yet. */
  ready(attempt: UpstreamTry, wallMs: number): void {
    if (!this.config.logsUpstreamStart) return;
    const context = this.context(attempt, 0, wallMs, "UpstreamPoolReady");
    for (const logger of this.config.upstreamLogs) logger.log(context);
  }

  response(headers: HeaderMap): void {
    this.responseHeaders = headers;
  }

  trailers(trailers: HeaderMap): void {
    this.responseTrailers = trailers;
  }

  /** The try is over. `flag`: what went wrong with it, 0 for nothing. */
  end(attempt: UpstreamTry, flag: number, wallMs: number): void {
    const { span } = attempt;
    this.intervals?.get(attempt)?.disarm();
    this.intervals?.delete(attempt);
    if (span !== undefined) {
      attempt.span = undefined;
      if (span.sampled) {
        const context = this.context(attempt, flag, wallMs, "UpstreamEnd");
        span.finish(context, wallMs, flag === 0 ? attempt.status : 0);
      }
    }
    const { upstreamLogs } = this.config;
    if (upstreamLogs.length === 0) return;
    const context = this.context(attempt, flag, wallMs, "UpstreamEnd");
    for (const logger of upstreamLogs) logger.log(context);
  }

  /** What the request looked like from this try: its own times, flags and figures. */
  private context(
    attempt: UpstreamTry,
    flag: number,
    wallMs: number,
    accessLogType: AccessLogType,
  ): FormatContext {
    const { stream, config } = this;
    const { streamInfo } = stream;
    const elapsed = config.worker.clock.nowMs() - attempt.startedAtMs;
    const info = new RequestStreamInfo(wallMs - elapsed, attempt.startedAtMs);
    info.protocol = attempt.protocol;
    info.responseCode = attempt.status;
    for (const [bit] of RESPONSE_FLAG_CODES) if ((flag & bit) !== 0) info.setResponseFlag(bit);
    info.bytesReceived = attempt.responseBytes;
    info.bytesSent = streamInfo.bytesReceived;
    if (attempt.ready) {
      info.downstreamBytes = streamInfo.downstreamBytes;
      info.upstreamBytes = attempt;
    }
    info.durationMs = elapsed;
    info.routeName = streamInfo.routeName;
    info.virtualHostName = streamInfo.virtualHostName;
    info.upstreamCluster = streamInfo.upstreamCluster;
    info.upstreamClusterStatName = streamInfo.upstreamClusterStatName;
    info.upstreamClusterMetadata = streamInfo.upstreamClusterMetadata;
    const { connection: upstream, countedHost } = attempt;
    if (countedHost !== undefined) info.onUpstreamTry(countedHost);
    if (upstream !== undefined) {
      info.onUpstreamReady(upstream, attempt.protocol ?? "", attempt.readyMs);
      if (upstream === streamInfo.upstreamConnection)
        streamInfo.copyUpstreamTimes(info, attempt.startedAtMs - streamInfo.startNowMs);
    }
    if ((flag & ResponseFlag.UpstreamConnectionFailure) !== 0) {
      info.upstreamTransportFailureReason = streamInfo.upstreamTransportFailureReason;
    }
    const { connection, request } = stream;
    const answered = attempt.status !== 0;
    return {
      request,
      response: answered ? this.responseHeaders : undefined,
      responseTrailers: answered ? this.responseTrailers : undefined,
      streamInfo: info,
      connection,
      accessLogType,
    };
  }
}
