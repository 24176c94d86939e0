import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  type CheckRequest,
  CheckRequestSchema,
  CheckResponseSchema,
} from "@sluice/xds/gen/envoy/service/auth/v3/external_auth_pb.js";
import { type Answer, type AskedService, answeringService, Journal } from "./answering-service.ts";

export type CheckAnswer = Answer<typeof CheckResponseSchema>;

/** Answers envoy.service.auth.v3.Authorization/Check. `fields`: of requests, what is kept of their heads. */
export function authorizationService(
  answer: (request: CheckRequest, call: number) => CheckAnswer,
  fields: readonly string[] = [],
): AskedService {
  return answeringService({
    request: CheckRequestSchema,
    response: CheckResponseSchema,
    answer,
    fields,
    comparable,
  });
}

/** Asked over HTTP/1.1: told is the request line, the head but for what every request has, and the body. */
export function plainAuthorizationService(
  answer: (message: IncomingMessage, response: ServerResponse, call: number) => void,
): AskedService {
  const journal = new Journal();
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("error", () => {});
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const fields: string[] = [];
      for (let i = 0; i < message.rawHeaders.length; i += 2)
        fields.push(`${message.rawHeaders[i]}: ${message.rawHeaders[i + 1]}`);
      const body = Buffer.concat(chunks).toString("latin1");
      const line = `${message.method} ${message.url}`;
      answer(message, response, journal.add(comparable({ line, fields: fields.sort(), body })));
    });
  });
  return { onSocket: (socket) => void server.emit("connection", socket), asked: () => journal.take() };
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
