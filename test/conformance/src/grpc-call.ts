import type { ServerHttp2Stream } from "node:http2";

/** The head of a response of gRPC. Its date does not change: how many octets came is logged, and a date that is new takes more of them. */
export const GRPC_HEAD = {
  ":status": 200,
  "content-type": "application/grpc",
  date: "Sun, 06 Nov 1994 08:49:37 GMT",
};

/** A message as it stands in a body of gRPC. */
export function grpcFrame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Ends a call by a message and status 0. */
export function answerCall(stream: ServerHttp2Stream, message: Uint8Array): void {
  stream.respond(GRPC_HEAD, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(grpcFrame(message));
}

/** Ends a call by a status at once. */
export function refuseCall(stream: ServerHttp2Stream, status: number): void {
  stream.respond({ ...GRPC_HEAD, "grpc-status": String(status) }, { endStream: true });
}
