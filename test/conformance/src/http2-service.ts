import type { EventEmitter } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";

/**
 * On the sockets of a case: each request over HTTP/2 is answered once its body is whole. What goes wrong with sessions and streams is
 * for the proxy to show.
 *
 * @param server another than one of prior knowledge, as one over TLS
 */
export function http2Service(
  answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, body: Buffer) => void,
  server: EventEmitter = createServer(),
): (socket: Socket) => void {
  server.on("session", (session: ServerHttp2Session) => session.on("error", () => {}));
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => answer(stream, headers, Buffer.concat(chunks)));
  });
  return (socket) => void server.emit("connection", socket);
}
