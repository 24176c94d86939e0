import type { EventEmitter } from "node:events";
import {
  createSecureServer,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";

/** What a host was asked, as far as two runs can be alike. */
export interface AskedForLoad {
  /** Of TLS: the server name and what ALPN came to. */
  readonly tls: string | undefined;
  readonly fields: readonly string[];
  /** The request's body, in hexadecimal. */
  readonly body: string;
}

/** Answers xds.service.orca.v3.OpenRcaService/StreamCoreMetrics, for hosts that are told apart by `:authority`. */
export interface OrcaService {
  readonly onSocket: (socket: Socket) => void;
  /** By `:authority`, the first question of each. */
  readonly asked: ReadonlyMap<string, AskedForLoad>;
  /** How often each was asked. */
  readonly times: ReadonlyMap<string, number>;
  /** For the next proxy. */
  forget(): void;
}

/** What becomes of a stream once the question is there. */
export type LoadAnswer = (stream: ServerHttp2Stream) => void;

/** `secure`: over TLS; other requests of HTTP/1.1 are answered `one`. */
export function orcaService(
  answers: Readonly<Record<string, LoadAnswer>>,
  secure?: { readonly cert: string; readonly key: string },
): OrcaService {
  const asked = new Map<string, AskedForLoad>();
  const times = new Map<string, number>();
  const server: EventEmitter =
    secure === undefined ? createServer() : createSecureServer({ ...secure, allowHTTP1: true });
  server.on("session", (session: ServerHttp2Session) => session.on("error", () => {}));
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const authority = String(headers[":authority"]);
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      times.set(authority, (times.get(authority) ?? 0) + 1);
      const fields = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`);
      if (!asked.has(authority)) {
        const body = Buffer.concat(chunks).toString("hex");
        asked.set(authority, { tls: tlsOf(stream.session), fields: fields.toSorted(), body });
      }
      answers[authority]?.(stream);
    });
  });
  if (secure !== undefined) {
    server.on("request", (request: Http2ServerRequest, response: Http2ServerResponse) => {
      if (request.httpVersion !== "2.0") response.end("one");
    });
  }
  return {
    onSocket: (socket) => void server.emit("connection", socket),
    asked,
    times,
    forget() {
      asked.clear();
      times.clear();
    },
  };
}

function tlsOf(session: Http2Session | undefined): string | undefined {
  if (session?.encrypted !== true) return undefined;
  const { socket } = session;
  return `${String(Reflect.get(socket, "servername"))} ${String(session.alpnProtocol)}`;
}

/** Ends the call by a status at once. */
export function refuseCall(status: number): LoadAnswer {
  return (stream) =>
    stream.respond(
      { ":status": 200, "content-type": "application/grpc", "grpc-status": String(status) },
      { endStream: true },
    );
}

/** Reports the same again and again. `fields`: doubles by their number. */
export function reportEvery(periodMs: number, fields: Readonly<Record<number, number>>): LoadAnswer {
  const message = loadMessage(fields);
  return (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    stream.write(message);
    const timer = setInterval(() => stream.write(message), periodMs);
    stream.on("close", () => clearInterval(timer));
  };
}

/** An OrcaLoadReport in its gRPC frame. */
function loadMessage(fields: Readonly<Record<number, number>>): Buffer {
  const doubles = Object.entries(fields).map(([field, value]) => {
    const bytes = Buffer.alloc(9);
    bytes[0] = Number(field) * 8 + 1;
    bytes.writeDoubleLE(value, 1);
    return bytes;
  });
  const message = Buffer.concat(doubles);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}
