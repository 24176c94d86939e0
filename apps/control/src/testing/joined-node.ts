import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from "node:http2";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";

export interface NodeConnection {
  readonly session: ClientHttp2Session;
  /** Resolves once the connection is gone. */
  readonly closed: Promise<void>;
  /**
   * Opens a gRPC call, sends one message and leaves the request open. `status` resolves with what the call ends with;
   * `answered` once the first message has come.
   */
  call<Desc extends DescMessage>(
    method: string,
    type: Desc,
    message: MessageInitShape<Desc>,
    options?: { readonly end: boolean },
  ): { readonly status: Promise<{ code: string; message: string }>; readonly answered: Promise<void> };
  close(): void;
}

export interface NodeTls {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A node by hand: gRPC on HTTP/2, with the certificate given, none (TLS), or in plain text. */
export function connectNode(
  port: number,
  tls: NodeTls | "anonymous" | "plain",
  host = "127.0.0.1",
): NodeConnection {
  const session = connect(`${tls === "plain" ? "http" : "https"}://${host}:${port}`, {
    rejectUnauthorized: false,
    ...(typeof tls === "string" ? {} : { cert: tls.certificatePem, key: tls.keyPem }),
  });
  session.on("error", () => {});
  const closed = new Promise<void>((resolve) => session.on("close", () => resolve()));
  return {
    session,
    closed,
    call(method, type, message, { end } = { end: false }) {
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: "POST",
        [constants.HTTP2_HEADER_PATH]: method,
        "content-type": "application/grpc",
        te: "trailers",
      });
      const bytes = toBinary(type, create(type, message));
      const frame = Buffer.alloc(5);
      frame.writeUInt32BE(bytes.length, 1);
      stream.write(Buffer.concat([frame, bytes]));
      if (end) stream.end();
      const answered = new Promise<void>((resolve) => stream.once("data", () => resolve()));
      const status = new Promise<{ code: string; message: string }>((resolve) => {
        const settle = (headers: IncomingHttpHeaders): void => {
          const code = headers["grpc-status"];
          if (code === undefined) return;
          const text = String(headers["grpc-message"] ?? "");
          resolve({ code: String(code), message: decodeURIComponent(text) });
        };
        stream.on("response", settle);
        stream.on("trailers", settle);
        stream.on("error", (error) => resolve({ code: "broken", message: error.message }));
        stream.on("close", () => resolve({ code: "broken", message: "closed" }));
      });
      return { status, answered };
    },
    close: () => session.destroy(),
  };
}
