import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { portOf } from "../server/proxy-process-fixture.ts";

export interface UnaryReceiver {
  readonly port: number;
  close(): Promise<void>;
}

/** A gRPC server on a port of 127.0.0.1 that takes one message of each call, whatever its path, and answers with an empty one. */
export async function startUnaryReceiver<Desc extends DescMessage>(
  schema: Desc,
  onMessage: (message: MessageShape<Desc>) => void,
): Promise<UnaryReceiver> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on("session", (session) => sessions.add(session));
  server.on("stream", (stream: ServerHttp2Stream) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      onMessage(fromBinary(schema, Buffer.concat(chunks).subarray(5)));
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.alloc(5));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: portOf(server.address()),
    async close() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
