import { createServer, constants as h2, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";

/**
 * An upstream that takes HTTP/2 requests for tunnels and does what the first label of `:authority` says; what it sees it tells
 * `seen`: the request's fields, then what came through and how the stream ended.
 */
export function http2TunnelPeer(seen: (what: string) => void): (socket: Socket) => void {
  const server = createServer();
  server.on("sessionError", () => {});
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const fields = Object.entries(headers).filter(([name]) => typeof name === "string");
    seen(fields.map(([name, value]) => `${name}=${String(value)}`).join(" "));
    serve(stream, String(headers[":authority"]).split(/[.:]/)[0] ?? "", seen);
  });
  return (socket) => {
    socket.on("error", () => {});
    server.emit("connection", socket);
  };
}

function serve(stream: ServerHttp2Stream, what: string, seen: (what: string) => void): void {
  let tunnelled = "";
  let how = "closed";
  stream.on("error", () => {});
  if (what === "headless") {
    stream.respond({ ":status": 200, date: DATE }, { endStream: true });
    return;
  }
  stream.on("close", () => seen(`${how} ${stream.rstCode} behind ${JSON.stringify(tunnelled)}`));
  stream.on("end", () => {
    how = "end";
    if (what === "trailers") {
      stream.on("wantTrailers", () => stream.sendTrailers({ "x-last": "1" }));
    }
    if (!stream.destroyed) stream.end("bye");
  });
  const status = STATUS[what] ?? 200;
  if (what === "reset") stream.close(h2.NGHTTP2_CANCEL);
  if (what === "reset") return;
  stream.respond(
    { ":status": status, "x-peer": "here", date: DATE },
    { waitForTrailers: what === "trailers" },
  );
  stream.on("data", (chunk: Buffer) => {
    tunnelled += chunk.toString("latin1");
    if (what === "broken") stream.close(h2.NGHTTP2_INTERNAL_ERROR);
    else stream.write(chunk);
  });
  if (what === "greeting") stream.write("hello");
  if (what === "closing") stream.end("bye");
  if (status !== 200) stream.end("no");
}

/** Always the same: a second that ends between two answers would take octets of its own. */
const DATE = "Sat, 01 Jan 2000 00:00:00 GMT";
const STATUS: Readonly<Record<string, number>> = { refused: 503, created: 201 };
