import { randomUUID } from "node:crypto";
import type { StreamInfo, Timer } from "@sluice/extension-api";
import type { SocketConnection } from "../../../../connection/socket-connection.ts";
import type { AccessLogType, FormatContext } from "../../../../formatter/format-context.ts";
import { RequestStreamInfo } from "../../../../stream-info/request-stream-info.ts";
import type { TcpProxyConfig } from "./config.ts";

type Writable = { -readonly [K in keyof StreamInfo]: StreamInfo[K] };

/** The stream info of a connection is a RequestStreamInfo, whose fields the terminal filter fills. */
export function asWritable(info: StreamInfo): Writable {
  return info;
}

/** What formats of a session read. */
export function sessionContext(connection: SocketConnection): FormatContext {
  const streamInfo = connection.streamInfo ?? new RequestStreamInfo(0, 0);
  return { request: undefined, response: undefined, responseTrailers: undefined, streamInfo, connection };
}

/** The access log of one session: at its end, and every so often where that is configured. */
export class SessionLog {
  private readonly config: TcpProxyConfig;
  private readonly connection: SocketConnection;
  private readonly timer: Timer | undefined;

  constructor(config: TcpProxyConfig, connection: SocketConnection) {
    this.config = config;
    this.connection = connection;
    connection.sessionId = randomUUID();
    const { accessLogFlushIntervalMs: intervalMs, worker } = config;
    if (intervalMs <= 0) return;
    const timer = worker.timers.create(() => {
      this.write("TcpPeriodic");
      timer.arm(intervalMs);
    });
    timer.arm(intervalMs);
    this.timer = timer;
  }

  write(accessLogType: AccessLogType): void {
    const { connection, config } = this;
    const { accessLoggers, listenerName } = config;
    if (accessLoggers.length === 0) return;
    const context = sessionContext(connection);
    const info = asWritable(context.streamInfo);
    info.durationMs = config.worker.clock.nowMs() - (info.startNowMs ?? 0);
    info.bytesReceived = connection.bytesReceived;
    info.bytesSent = connection.bytesSent;
    for (const logger of accessLoggers) logger.log({ ...context, accessLogType, listenerName });
  }

  end(): void {
    this.timer?.disarm();
    this.write("TcpConnectionEnd");
  }
}
