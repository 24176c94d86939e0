import {
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { create, fromBinary, type MessageInitShape, toBinary, toJson } from "@bufbuild/protobuf";
import {
  type RateLimitRequest,
  RateLimitRequestSchema,
  RateLimitResponseSchema,
} from "@sluice/xds/gen/envoy/service/ratelimit/v3/rls_pb.js";

/** A response, a status of gRPC other than 0, or none at all. */
export type LimitAnswer = MessageInitShape<typeof RateLimitResponseSchema> | number | "none";

/** Answers envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit. */
export interface LimitService {
  readonly onSocket: (socket: Socket) => void;
  /** What was asked since the last look, in order, as JSON. */
  asked(): readonly unknown[];
}

/** `fields`: of requests, what is kept of their heads. */
export function limitService(
  answer: (request: RateLimitRequest, call: number) => LimitAnswer,
  fields: readonly string[] = [],
): LimitService {
  let seen: unknown[] = [];
  let calls = 0;
  const server = createServer();
  server.on("session", (session: ServerHttp2Session) => session.on("error", () => {}));
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const request = fromBinary(RateLimitRequestSchema, Buffer.concat(chunks).subarray(5));
      const head = fields.map((name) => `${name}: ${String(headers[name])}`);
      seen.push({ head, request: toJson(RateLimitRequestSchema, request) });
      give(stream, answer(request, calls++));
    });
  });
  return {
    onSocket: (socket) => void server.emit("connection", socket),
    asked() {
      const asked = seen;
      seen = [];
      calls = 0;
      return asked;
    },
  };
}

function give(stream: ServerHttp2Stream, answer: LimitAnswer): void {
  if (answer === "none") return;
  const head = { ":status": 200, "content-type": "application/grpc" };
  if (typeof answer === "number") {
    stream.respond({ ...head, "grpc-status": String(answer) }, { endStream: true });
    return;
  }
  const message = toBinary(RateLimitResponseSchema, create(RateLimitResponseSchema, answer));
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  stream.respond(head, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(Buffer.concat([frame, message]));
}
