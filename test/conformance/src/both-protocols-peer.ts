import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";

/**
 * An upstream of both protocols that does what a request's path ends with, and tells `seen` what came of the request: its path,
 * how much of its body, and how it ended. `arrived` has the paths of all heads that have come.
 *
 * - `stall`: a head and five octets of ten, then nothing; `wait`: nothing at all
 * - `cut`: the connection, or the stream, breaks off behind five octets of ten; `fin`: it ends there
 * - `early`: a whole answer at once; `early-close`: and the connection closes; `early-stall`: a head and five octets at once
 * - `late`: a whole answer behind the request; `trailers`: with trailers
 */
export function bothProtocolsPeer(
  seen: (what: string) => void,
  arrived: Set<string>,
): (socket: Socket) => void {
  const server = createServer();
  server.on("sessionError", () => {});
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    arrived.add(String(headers[":path"]));
    serveHttp2(stream, String(headers[":path"]), seen);
  });
  return (socket) => {
    socket.on("error", () => {});
    socket.once("data", (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      if (first.toString("latin1").startsWith("PRI")) server.emit("connection", socket);
      else {
        serveHttp1(socket, seen, arrived);
        socket.resume();
      }
    });
  };
}

const HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n";
const WHOLE = `${HEAD}0123456789`;
const TRAILERS =
  "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\nx-end: there\r\n\r\n";

function serveHttp1(socket: Socket, seen: (what: string) => void, arrived: Set<string>): void {
  let input = "";
  let action = "";
  let path = "";
  let told = false;
  const tell = (how: string): void => {
    if (told || path === "") return;
    told = true;
    seen(`h1 ${path} ${bodyOf(input)} ${how}`);
  };
  const answer = (): void => {
    if (action === "stall" || action === "early-stall") socket.write(`${HEAD}01234`);
    else if (action === "cut")
      socket.write(`${HEAD}01234`, () => setTimeout(() => socket.resetAndDestroy(), 50));
    else if (action === "fin") socket.end(`${HEAD}01234`);
    else if (action === "early-close") socket.end(WHOLE);
    else if (action === "trailers") socket.write(TRAILERS);
    else if (action !== "wait") socket.write(WHOLE);
  };
  socket.on("data", (chunk: Buffer) => {
    input += chunk.toString("latin1");
    const head = input.indexOf("\r\n\r\n");
    if (path === "" && head >= 0) {
      path = input.split(" ")[1] ?? "";
      arrived.add(path);
      action = path.slice(path.lastIndexOf("/") + 1);
      if (action.startsWith("early")) answer();
    }
    if (path === "" || !isWhole(input)) return;
    tell("whole");
    if (!action.startsWith("early")) answer();
    input = "";
    path = "";
    told = false;
  });
  socket.on("end", () => {
    tell("fin");
    socket.end();
  });
  socket.on("error", () => tell("reset"));
  socket.on("close", () => tell("closed"));
}

const isWhole = (input: string): boolean => {
  const at = input.indexOf("\r\n\r\n");
  const head = input.slice(0, at);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (/transfer-encoding: chunked/i.test(head)) return /\r\n0\r\n([^\r]+\r\n)*\r\n$/.test(input);
  return input.length - at - 4 >= Number(length ?? 0);
};

/** How many octets of its content have come, and its trailers. */
function bodyOf(input: string): string {
  const at = input.indexOf("\r\n\r\n");
  const rest = input.slice(at + 4);
  if (!/transfer-encoding: chunked/i.test(input.slice(0, at))) return String(rest.length);
  let octets = 0;
  let from = 0;
  for (;;) {
    const end = rest.indexOf("\r\n", from);
    if (end < 0) return String(octets);
    const size = Number.parseInt(rest.slice(from, end), 16);
    if (size === 0) return `${octets} ${rest.slice(end + 2).trim()}`.trim();
    octets += Math.min(size, rest.length - end - 2);
    from = end + 2 + size + 2;
  }
}

function serveHttp2(stream: ServerHttp2Stream, path: string, seen: (what: string) => void): void {
  const action = path.slice(path.lastIndexOf("/") + 1);
  let octets = 0;
  let trailers = "";
  let told = false;
  const tell = (how: string): void => {
    if (told) return;
    told = true;
    seen(`h2 ${path} ${`${octets} ${trailers}`.trim()} ${how}`);
  };
  stream.on("error", () => {});
  const answer = (): void => {
    if (action === "wait" || stream.destroyed) return;
    const fields = { ":status": 200, "content-length": action === "trailers" ? 5 : 10 };
    stream.respond(fields, { waitForTrailers: action === "trailers" });
    if (action === "trailers") stream.on("wantTrailers", () => stream.sendTrailers({ "x-end": "there" }));
    if (action === "stall" || action === "early-stall") stream.write("01234");
    else if (action === "cut") {
      stream.write("01234");
      setTimeout(() => stream.close(2), 50);
    } else if (action === "fin" || action === "trailers") stream.end("01234");
    else stream.end("0123456789");
  };
  stream.on("trailers", (fields) => {
    trailers = `x-end: ${String(fields["x-end"])}`;
  });
  stream.on("data", (chunk: Buffer) => {
    octets += chunk.length;
  });
  stream.on("end", () => {
    if (stream.aborted || stream.rstCode > 0) return;
    setImmediate(() => {
      tell("whole");
      if (!action.startsWith("early")) answer();
    });
  });
  stream.on("close", () => tell(`reset ${stream.rstCode}`));
  if (action.startsWith("early")) answer();
}
