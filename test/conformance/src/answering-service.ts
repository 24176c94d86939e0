import {
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import {
  create,
  type DescMessage,
  fromBinary,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { apiRegistry } from "@sluice/xds";

/** A response, a status of gRPC other than 0, or none at all. */
export type Answer<Response extends DescMessage> = MessageInitShape<Response> | number | "none";

/** A service on the socket of a case. */
export interface AskedService {
  readonly onSocket: (socket: Socket) => void;
  /** What was asked since the last look, in order, as JSON without what no two runs have in common. */
  asked(): readonly unknown[];
}

export interface AnsweringService<Request extends DescMessage, Response extends DescMessage> {
  readonly request: Request;
  readonly response: Response;
  /** `call`: how many there were since the last look. */
  readonly answer: (request: MessageShape<Request>, call: number) => Answer<Response>;
  /** Of requests, what is kept of their heads. */
  readonly fields?: readonly string[];
  /** Of a request, what two runs have in common; default all of it. */
  readonly comparable?: (request: JsonValue) => unknown;
}

/** Answers unary calls of gRPC, whatever their method. */
export function answeringService<Request extends DescMessage, Response extends DescMessage>({
  request: requests,
  response: responses,
  answer,
  fields = [],
  comparable = (request) => request,
}: AnsweringService<Request, Response>): AskedService {
  const journal = new Journal();
  const server = createServer();
  server.on("session", (session: ServerHttp2Session) => session.on("error", () => {}));
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const request = fromBinary(requests, Buffer.concat(chunks).subarray(5));
      const call = journal.add({
        head: fields.map((name) => `${name}: ${String(headers[name])}`),
        request: comparable(toJson(requests, request, { registry: apiRegistry() })),
      });
      give(stream, responses, answer(request, call));
    });
  });
  return { onSocket: (socket) => void server.emit("connection", socket), asked: () => journal.take() };
}

/** What a service was asked since the last look. */
export class Journal {
  private entries: unknown[] = [];

  /** Returns how many there were before it. */
  add(entry: unknown): number {
    return this.entries.push(entry) - 1;
  }

  take(): readonly unknown[] {
    const { entries } = this;
    this.entries = [];
    return entries;
  }
}

function give<Response extends DescMessage>(
  stream: ServerHttp2Stream,
  schema: Response,
  answer: Answer<Response>,
): void {
  if (answer === "none") return;
  const head = { ":status": 200, "content-type": "application/grpc" };
  if (typeof answer === "number") {
    stream.respond({ ...head, "grpc-status": String(answer) }, { endStream: true });
    return;
  }
  const message = toBinary(schema, create(schema, answer));
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  stream.respond(head, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(Buffer.concat([frame, message]));
}
