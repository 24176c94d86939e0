import type { Clock, ConnectionInfo } from "@sluice/extension-api";
import type { AccessLogger } from "../access-log/access-logger.ts";
import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";

/** A listener's `access_log`: one entry for each connection, at its end. */
export function logConnection(
  loggers: readonly AccessLogger[],
  listenerName: string,
  connection: ConnectionInfo,
  streamInfo: RequestStreamInfo,
  bytes: { readonly bytesReceived: number; readonly bytesSent: number },
  clock: Clock,
): void {
  streamInfo.durationMs = clock.nowMs() - streamInfo.startNowMs;
  streamInfo.bytesReceived = bytes.bytesReceived;
  streamInfo.bytesSent = bytes.bytesSent;
  for (const logger of loggers) {
    logger.log({
      request: undefined,
      response: undefined,
      responseTrailers: undefined,
      streamInfo,
      connection,
      listenerName,
    });
  }
}
