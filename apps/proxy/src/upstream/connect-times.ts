import type { Socket } from "node:net";
import type { Clock } from "@sluice/extension-api";
import { transportOf } from "../connection/reset-socket.ts";
import type { SocketConnection } from "../connection/socket-connection.ts";

/** Of a connection to an upstream, whose socket has just been told to connect at `startedAtMs`. */
export function noteConnecting(
  connection: SocketConnection,
  socket: Socket,
  clock: Clock,
  startedAtMs: number,
): void {
  connection.begunAtMs = startedAtMs;
  const transport = transportOf(socket);
  if (transport === socket) return;
  transport.once("connect", () => {
    connection.connectedAtMs = clock.nowMs();
  });
}

/** It may carry bytes: it is connected, and over TLS the handshake is done. */
export function noteReady(connection: SocketConnection, nowMs: number): void {
  connection.connectedAtMs ??= nowMs;
  if (connection.tls !== undefined) connection.securedAtMs = nowMs;
}
