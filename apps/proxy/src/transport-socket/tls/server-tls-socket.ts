import type { Socket } from "node:net";
import { type SecureContext, TLSSocket, type TLSSocketOptions } from "node:tls";
import { carriedBy } from "../../connection/reset-socket.ts";

/** Who waits for the server's side of a handshake. */
export interface ServerHandshakeSink {
  /** The library is content; `chainError` is its code for what it found wrong with the client's chain. */
  onSecure(socket: TLSSocket, chainError: string | undefined): void;
  /** Once, instead of `onSecure`, when the handshake failed or the peer left. */
  onFailed(error: Error | undefined): void;
}

/**
 * The server's side of TLS on one accepted socket. What is used here of node:tls beyond its documentation: the `secure` and
 * `_tlsError` events and `verifyError()` of the handle; the test beside this file would miss them.
 */
export function startServerTls(
  raw: Socket,
  secureContext: SecureContext,
  options: Pick<TLSSocketOptions, "requestCert" | "rejectUnauthorized" | "ALPNProtocols" | "server">,
  sink: ServerHandshakeSink,
): TLSSocket {
  const socket = new TLSSocket(raw, { ...options, secureContext, isServer: true });
  carriedBy(socket, raw);
  let done = false;
  socket.on("secure", () => {
    if (done) return;
    done = true;
    sink.onSecure(socket, verifyErrorOf(socket));
  });
  // Behind the handshake node:tls reports here what breaks the connection, and expects the server to end it.
  socket.on("_tlsError", (error: Error) => {
    if (done) socket.destroy(error);
  });
  let failure: Error | undefined;
  socket.on("error", (error: Error) => {
    failure ??= error;
  });
  // Where half-open sockets are allowed nothing else would end it, and a peer that has closed says no more.
  socket.on("end", () => {
    if (!done) socket.destroy();
  });
  socket.on("close", () => {
    if (done) return;
    done = true;
    sink.onFailed(failure);
  });
  return socket;
}

/** Asking fails closed: where the library's verdict cannot be had, the chain counts as refused. */
function verifyErrorOf(socket: TLSSocket): string | undefined {
  const ssl: unknown = Reflect.get(socket, "ssl");
  if (typeof ssl !== "object" || ssl === null) return "UNSPECIFIED";
  const verifyError: unknown = Reflect.get(ssl, "verifyError");
  if (typeof verifyError !== "function") return "UNSPECIFIED";
  const error: unknown = verifyError.call(ssl);
  if (error === null || error === undefined) return undefined;
  const code: unknown = typeof error === "object" ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "UNSPECIFIED";
}
