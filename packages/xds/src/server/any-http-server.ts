import { createServer as createHttp1Server, type RequestListener } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerOptions,
} from "node:http2";
import { createServer, type Server, type Socket } from "node:net";

export interface AnyHttpServer {
  /** Listens for both versions; listening and closing are the caller's. */
  readonly server: Server;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  /** HTTP/1 connections without a request end at once, the others with their response; sessions are the caller's. */
  closeHttp1(): void;
}

/** A connection that does not show its version by then is closed. */
const FIRST_BYTES_DEADLINE_MS = 60_000;
const HTTP2 = Buffer.from("PRI * HTTP/2.0");

/**
 * HTTP/2 with prior knowledge and HTTP/1.1 on one port in the clear: gRPC comes by the one, xDS over REST by whichever the
 * node's cluster is configured for. The first bytes tell them apart.
 */
export function anyHttpServer(
  options: {
    readonly settings?: ServerOptions["settings"];
    readonly onSession?: (session: ServerHttp2Session) => void;
  },
  onHttp2: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
  onHttp1: RequestListener,
): AnyHttpServer {
  const http2 = createHttp2Server({ ...(options.settings && { settings: options.settings }) }, onHttp2);
  const http1 = createHttp1Server(onHttp1);
  const sessions = new Set<ServerHttp2Session>();
  http2.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    // A connection that breaks ends its streams with an error of their own.
    session.on("error", () => {});
    options.onSession?.(session);
  });
  const unsure = new Set<Socket>();
  const server = createServer((socket) => {
    unsure.add(socket);
    socket.setTimeout(FIRST_BYTES_DEADLINE_MS, () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.once("close", () => unsure.delete(socket));
    socket.once("readable", () => {
      const first: Buffer | null = socket.read();
      if (first === null) return;
      unsure.delete(socket);
      socket.setTimeout(0);
      socket.removeAllListeners("timeout");
      socket.unshift(first);
      const compared = Math.min(first.length, HTTP2.length);
      const isHttp2 = first.compare(HTTP2, 0, compared, 0, compared) === 0;
      (isHttp2 ? http2 : http1).emit("connection", socket);
    });
  });
  return {
    server,
    sessions,
    closeHttp1() {
      for (const socket of unsure) socket.destroy();
      http1.close();
      http1.closeIdleConnections();
    },
  };
}
