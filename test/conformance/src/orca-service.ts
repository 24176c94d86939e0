import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { GRPC_HEAD, grpcFrame } from "./grpc-call.ts";
import { http2Service } from "./http2-service.ts";

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
  const server = secure === undefined ? undefined : createSecureServer({ ...secure, allowHTTP1: true });
  server?.on("request", (request: Http2ServerRequest, response: Http2ServerResponse) => {
    if (request.httpVersion !== "2.0") response.end("one");
  });
  const onSocket = http2Service((stream, headers, body) => {
    const authority = String(headers[":authority"]);
    times.set(authority, (times.get(authority) ?? 0) + 1);
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`);
    if (!asked.has(authority))
      asked.set(authority, {
        tls: tlsOf(stream.session),
        fields: fields.toSorted(),
        body: body.toString("hex"),
      });
    answers[authority]?.(stream);
  }, server);
  return {
    onSocket,
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

/** Reports the same again and again. `fields`: doubles by their number. */
export function reportEvery(periodMs: number, fields: Readonly<Record<number, number>>): LoadAnswer {
  const message = loadMessage(fields);
  return (stream) => {
    stream.respond(GRPC_HEAD);
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
  return grpcFrame(Buffer.concat(doubles));
}
