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
import { answerCall, refuseCall } from "./grpc-call.ts";
import { http2Service } from "./http2-service.ts";

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
  const onSocket = http2Service((stream, headers, body) => {
    const request = fromBinary(requests, body.subarray(5));
    const call = journal.add({
      head: fields.map((name) => `${name}: ${String(headers[name])}`),
      request: comparable(toJson(requests, request, { registry: apiRegistry() })),
    });
    const given = answer(request, call);
    if (typeof given === "number") refuseCall(stream, given);
    else if (given !== "none") answerCall(stream, toBinary(responses, create(responses, given)));
  });
  return { onSocket, asked: () => journal.take() };
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
