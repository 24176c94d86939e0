import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { create, fromBinary, type MessageInitShape, toBinary, toJson } from "@bufbuild/protobuf";
import { apiRegistry } from "@sluice/xds";
import {
  type CheckRequest,
  CheckRequestSchema,
  CheckResponseSchema,
} from "@sluice/xds/gen/envoy/service/auth/v3/external_auth_pb.js";

/** A response, a status of gRPC other than 0, or none at all. */
export type CheckAnswer = MessageInitShape<typeof CheckResponseSchema> | number | "none";

/** A service on the socket of a case. */
export interface AskedService {
  readonly onSocket: (socket: Socket) => void;
  /** What was asked since the last look, in order, as JSON without what no two runs have in common. */
  asked(): readonly unknown[];
}

/** Answers envoy.service.auth.v3.Authorization/Check. `fields`: of requests, what is kept of their heads. */
export function authorizationService(
  answer: (request: CheckRequest, call: number) => CheckAnswer,
  fields: readonly string[] = [],
): AskedService {
  let seen: unknown[] = [];
  let calls = 0;
  const server = createServer();
  server.on("session", (session: ServerHttp2Session) => session.on("error", () => {}));
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const request = fromBinary(CheckRequestSchema, Buffer.concat(chunks).subarray(5));
      const head = fields.map((name) => `${name}: ${String(headers[name])}`);
      seen.push({
        head,
        request: comparable(toJson(CheckRequestSchema, request, { registry: apiRegistry() })),
      });
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

/** Asked over HTTP/1.1: told is the request line, the head but for what every request has, and the body. */
export function plainAuthorizationService(
  answer: (message: IncomingMessage, response: ServerResponse, call: number) => void,
): AskedService {
  let seen: unknown[] = [];
  let calls = 0;
  const server = createHttpServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("error", () => {});
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const fields: string[] = [];
      for (let i = 0; i < message.rawHeaders.length; i += 2)
        fields.push(`${message.rawHeaders[i]}: ${message.rawHeaders[i + 1]}`);
      const body = Buffer.concat(chunks).toString("latin1");
      seen.push(comparable({ line: `${message.method} ${message.url}`, fields: fields.sort(), body }));
      answer(message, response, calls++);
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

function give(stream: ServerHttp2Stream, answer: CheckAnswer): void {
  if (answer === "none") return;
  const head = { ":status": 200, "content-type": "application/grpc" };
  if (typeof answer === "number") {
    stream.respond({ ...head, "grpc-status": String(answer) }, { endStream: true });
    return;
  }
  const message = toBinary(CheckResponseSchema, create(CheckResponseSchema, answer));
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  stream.respond(head, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(Buffer.concat([frame, message]));
}

/** Members sorted; ports, times and ids are only there or not. */
function comparable(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    // A list of headers has pseudo-headers in an order of either proxy's own.
    const listed = value.map((each) => comparable(each));
    return key === "headers"
      ? listed.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : listed;
  }
  if (typeof value === "object" && value !== null && "key" in value && value.key === "x-request-id")
    return "x-request-id";
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, each]) => [name, comparable(each, name)]),
    );
  if (key === "portValue" || key === "time" || key === "id") return `<${key}>`;
  if (typeof value !== "string") return value;
  return key === "x-request-id" || /^x-request-id: /i.test(value)
    ? "<uuid>"
    : value.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:<port>");
}
