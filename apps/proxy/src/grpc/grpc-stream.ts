import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Socket } from "node:net";
import type { GrpcTarget } from "./compile-grpc-service.ts";
import { MessageLengths } from "./message-lengths.ts";

/** A host of a cluster to connect to now, and how. */
export interface GrpcHost {
  /** `host:port`. */
  readonly address: string;
  /** Whether there is TLS on the socket. */
  readonly secure: boolean;
  /** `alpn`: where there is TLS; default `h2`. */
  connect(alpn?: readonly string[]): Socket;
}
export type ResolveCluster = (cluster: string) => GrpcHost | undefined;

const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 30_000;
const PENDING_BYTES_MAX = 4 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 5000;

/**
 * A client stream for telemetry (metrics, access logs) or a series of unary calls (spans): takes encoded messages, keeps a
 * bounded number of bytes while the peer is away or slow, drops and counts what is beyond. Reconnects with backoff. Never
 * throws, never blocks.
 */
export class GrpcSender {
  readonly #target: GrpcTarget;
  readonly #path: string;
  readonly #unary: boolean;
  readonly #resolve: ResolveCluster;
  /** The first message of each stream (identification). */
  readonly #hello: () => Uint8Array | undefined;
  #session: ClientHttp2Session | undefined;
  #stream: ClientHttp2Stream | undefined;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #blocked = false;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;
  /** Messages that were given up. */
  dropped = 0;

  constructor(
    target: GrpcTarget,
    path: string,
    kind: "stream" | "unary",
    resolve: ResolveCluster,
    hello: () => Uint8Array | undefined = () => undefined,
  ) {
    this.#target = target;
    this.#path = path;
    this.#unary = kind === "unary";
    this.#resolve = resolve;
    this.#hello = hello;
  }

  /** False when the message was dropped. */
  send(message: Uint8Array): boolean {
    if (this.#closed || this.#queuedBytes + message.length > PENDING_BYTES_MAX) {
      this.dropped++;
      return false;
    }
    this.#queue.push(frame(message));
    this.#queuedBytes += message.length + 5;
    this.#pump();
    return true;
  }

  /** Half-closes after what is queued; gives up at the deadline. */
  async close(deadlineMs: number): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    const session = this.#session;
    if (session === undefined || session.destroyed) return;
    const until = Date.now() + deadlineMs;
    while (this.#queue.length > 0 && !session.destroyed && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#stream?.end();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(
        () => {
          session.destroy();
          resolve();
        },
        Math.max(1, until - Date.now()),
      );
      session.close(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #pump(): void {
    if (this.#queue.length === 0 || this.#blocked || this.#retry !== undefined) return;
    const session = this.#connect();
    if (session === undefined) return;
    if (this.#unary) {
      for (const message of this.#take()) this.#call(session, message);
      return;
    }
    if (this.#stream === undefined) {
      this.#stream = this.#open(session);
      const hello = this.#hello();
      if (hello !== undefined) this.#stream.write(frame(hello));
    }
    for (const message of this.#take()) this.#blocked = !this.#stream.write(message);
  }

  #take(): Buffer[] {
    const messages = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    return messages;
  }

  #open(session: ClientHttp2Session): ClientHttp2Stream {
    const metadata: Record<string, string> = {};
    for (const [key, value] of this.#target.initialMetadata) metadata[key] = value;
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: this.#path,
      [constants.HTTP2_HEADER_AUTHORITY]:
        this.#target.authority === "" ? this.#target.cluster : this.#target.authority,
      "content-type": "application/grpc",
      te: "trailers",
      ...metadata,
    });
    stream.on("response", () => {
      this.#failures = 0;
    });
    stream.on("drain", () => {
      this.#blocked = false;
      this.#pump();
    });
    stream.on("error", () => {});
    const { messageBytesMax } = this.#target;
    if (messageBytesMax === 0) stream.resume();
    else {
      const lengths = new MessageLengths(messageBytesMax);
      stream.on("data", (chunk: Buffer) => {
        if (lengths.exceeds(chunk)) stream.close(constants.NGHTTP2_CANCEL);
      });
    }
    if (!this.#unary) {
      stream.on("close", () => {
        if (this.#stream !== stream) return;
        this.#stream = undefined;
        this.#blocked = false;
        this.#again();
      });
    }
    return stream;
  }

  #call(session: ClientHttp2Session, message: Buffer): void {
    const stream = this.#open(session);
    stream.setTimeout(this.#target.timeoutMs > 0 ? this.#target.timeoutMs : 10_000, () =>
      stream.close(constants.NGHTTP2_CANCEL),
    );
    stream.end(message);
  }

  #connect(): ClientHttp2Session | undefined {
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed)
      return this.#session;
    const host = this.#resolve(this.#target.cluster);
    if (host === undefined) {
      this.#again();
      return undefined;
    }
    const session = connect(`${host.secure ? "https" : "http"}://${host.address}`, {
      createConnection: () => host.connect(),
    });
    const timer = setTimeout(() => session.destroy(), CONNECT_TIMEOUT_MS);
    session.on("connect", () => clearTimeout(timer));
    session.on("error", () => {});
    session.on("close", () => {
      clearTimeout(timer);
      if (this.#session !== session) return;
      this.#session = undefined;
      this.#stream = undefined;
      this.#blocked = false;
      this.#again();
    });
    this.#session = session;
    return session;
  }

  #again(): void {
    if (this.#closed || this.#retry !== undefined) return;
    const delayMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** this.#failures++);
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined;
        this.#pump();
      },
      delayMs * (0.5 + Math.random() / 2),
    );
  }
}

function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(5 + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}
