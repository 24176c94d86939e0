import type { IncomingMessage, ServerResponse } from "node:http";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { frameMessage } from "../../grpc/frame-message.ts";

/**
 * Lets the upstream of a filter's proxy be the gRPC service at `path`, too: over HTTP/1, where a status in the head serves as well. What it
 * makes answers calls with a message, or with a status other than 0, and all else with `ok`.
 */
export function grpcAnswers<Desc extends DescMessage>(path: string, schema: Desc) {
  return (response: MessageInitShape<Desc> | number) => {
    const status = typeof response === "number" ? response : 0;
    const body = typeof response === "number" ? "" : frameMessage(toBinary(schema, create(schema, response)));
    return (message: IncomingMessage, answer: ServerResponse): void => {
      if (message.url !== path) {
        answer.end("ok");
        return;
      }
      answer.writeHead(200, { "content-type": "application/grpc", "grpc-status": String(status) });
      answer.end(body);
    };
  };
}
