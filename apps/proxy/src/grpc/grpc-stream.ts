import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { backOffMs, type CallRetries, isRetried, watchCall } from "./call-retries.ts";
import type { GrpcTarget } from "./compile-grpc-service.ts";
import { frameMessage } from "./frame-message.ts";
import { MessageLengths } from "./message-lengths.ts";
import type { OwnConnection, OwnProtocol } from "./own-connection.ts";

/** A host of a cluster to connect to now, and how. */
export interface GrpcHost {
  /** `host:port`. */
  readonly address: string;
  /** Whether there is TLS on the socket. */
  readonly secure: boolean;
  /** Opens a connection; `protocol`: default `http2`. */
  open(protocol?: OwnProtocol): OwnConnection;
}
export type ResolveCluster = (cluster: string) => GrpcHost | undefined;

/** Told of what messages hold as they go out on a stream or in a call, and whenever they cannot go out yet. */
export interface FlushCounts {
  flushed(entries: number): void;
  failed(entries: number): void;
}

const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 30_000;
const PENDING_BYTES_MAX = 4 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 5000;
/** Of a stream, for another one to have them. */
const UNANSWERED_BYTES_MAX = 64 * 1024;

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
  readonly #flushes: FlushCounts | undefined;
  #queue: Buffer[] = [];
  /** In what is queued. */
  #queuedEntries = 0;
  #queuedBytes = 0;
  #blocked = false;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  /** Sessions that have had a connection. */
  readonly #connected = new WeakSet<ClientHttp2Session>();
  #connection: OwnConnection | undefined;
  /** Calls that wait to be made again. */
  readonly #pauses = new Set<NodeJS.Timeout>();
  #pausedBytes = 0;
  /** What went out on the stream and is not answered yet; undefined: nothing of it is sent again. */
  #unanswered: { readonly messages: Buffer[]; bytes: number } | undefined;
  #streamRetries = 0;
  #closed = false;
  /** Messages that were given up. */
  dropped = 0;

  constructor(
    target: GrpcTarget,
    path: string,
    kind: "stream" | "unary",
    resolve: ResolveCluster,
    hello: () => Uint8Array | undefined = () => undefined,
    flushes?: FlushCounts,
  ) {
    this.#target = target;
    this.#path = path;
    this.#unary = kind === "unary";
    this.#resolve = resolve;
    this.#hello = hello;
    this.#flushes = flushes;
  }

  /** False when the message was dropped. `entries`: what it holds, for who counts that. */
  send(message: Uint8Array, entries = 0): boolean {
    if (this.#closed || !this.#hasRoomFor(message.length)) {
      this.dropped++;
      return false;
    }
    this.#queue.push(frameMessage(message));
    this.#queuedBytes += message.length + 5;
    this.#queuedEntries += entries;
    this.#pump();
    return true;
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#queuedBytes + this.#pausedBytes + bytes <= PENDING_BYTES_MAX;
  }

  /** Half-closes after what is queued; gives up at the deadline. */
  async close(deadlineMs: number): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    for (const pause of this.#pauses) clearTimeout(pause);
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
    if (this.#queue.length === 0) return;
    const session = this.#blocked || this.#retry !== undefined ? undefined : this.#connect();
    if (session === undefined) {
      this.#flushes?.failed(this.#queuedEntries);
      return;
    }
    if (this.#unary) {
      for (const message of this.#take()) this.#call(session, message);
      return;
    }
    if (this.#stream === undefined) {
      this.#stream = this.#open(session);
      this.#watchStream(this.#stream, session);
      const hello = this.#hello();
      if (hello !== undefined) this.#stream.write(frameMessage(hello));
    }
    for (const message of this.#take()) {
      this.#keepUnanswered(message);
      this.#blocked = !this.#stream.write(message);
    }
  }

  #take(): Buffer[] {
    const messages = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#flushes?.flushed(this.#queuedEntries);
    this.#queuedEntries = 0;
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
    const call = this.#connection?.call();
    stream.on("response", (headers) => {
      this.#failures = 0;
      call?.answered(headers[":status"] ?? 0);
    });
    stream.on("close", () => call?.ended(stream.rstCode === constants.NGHTTP2_NO_ERROR));
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

  /** `retry`: how often it was made before. */
  #call(session: ClientHttp2Session, message: Buffer, retry = 0): void {
    const { retries, timeoutMs } = this.#target;
    const stream = this.#open(session);
    let late = false;
    stream.setTimeout(timeoutMs > 0 ? timeoutMs : 10_000, () => {
      late = true;
      stream.close(constants.NGHTTP2_CANCEL);
    });
    if (retries !== undefined && retry < retries.numRetries) {
      watchCall(
        stream,
        () => this.#connected.has(session),
        (outcome) => {
          if (!late && isRetried(retries, outcome)) this.#callAgain(retries, message, retry + 1);
        },
      );
    }
    stream.end(message);
  }

  #callAgain(retries: CallRetries, message: Buffer, retry: number): void {
    if (this.#closed) return;
    if (!this.#hasRoomFor(message.length)) {
      this.dropped++;
      return;
    }
    this.#pausedBytes += message.length;
    const pause = setTimeout(
      () => {
        this.#pauses.delete(pause);
        this.#pausedBytes -= message.length;
        const session = this.#connect();
        if (session !== undefined) this.#call(session, message, retry);
        else if (retry < retries.numRetries) this.#callAgain(retries, message, retry + 1);
        else this.dropped++;
      },
      backOffMs(retries, retry, Math.random()),
    );
    this.#pauses.add(pause);
  }

  /** Until the stream is answered, what went out on it may go out on another one. */
  #watchStream(stream: ClientHttp2Stream, session: ClientHttp2Session): void {
    const { retries } = this.#target;
    if (retries === undefined) return;
    const unanswered = { messages: [], bytes: 0 };
    this.#unanswered = unanswered;
    watchCall(
      stream,
      () => this.#connected.has(session),
      (outcome) => {
        const isKept = this.#unanswered === unanswered;
        if (isKept) this.#unanswered = undefined;
        if (!isKept || this.#streamRetries >= retries.numRetries || !isRetried(retries, outcome)) {
          this.#streamRetries = 0;
          return;
        }
        this.#streamRetries++;
        this.#queue.unshift(...unanswered.messages);
        this.#queuedBytes += unanswered.bytes;
        this.#again(backOffMs(retries, this.#streamRetries, Math.random()));
        stream.close(constants.NGHTTP2_CANCEL);
      },
    );
  }

  #keepUnanswered(message: Buffer): void {
    const unanswered = this.#unanswered;
    if (unanswered === undefined) return;
    unanswered.messages.push(message);
    unanswered.bytes += message.length;
    // As in Envoy: who has sent so much is not heard twice.
    if (unanswered.bytes > UNANSWERED_BYTES_MAX) this.#unanswered = undefined;
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
      createConnection: () => {
        this.#connection = host.open();
        return this.#connection.socket;
      },
    });
    const timer = setTimeout(() => session.destroy(), CONNECT_TIMEOUT_MS);
    session.on("connect", () => {
      this.#connected.add(session);
      clearTimeout(timer);
    });
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

  /** `delayMs`: in place of the sender's own back-off. */
  #again(delayMs?: number): void {
    if (this.#closed || (this.#retry !== undefined && delayMs === undefined)) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#pump();
    }, delayMs ?? this.#nextDelayMs());
  }

  #nextDelayMs(): number {
    const delayMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** this.#failures++);
    return delayMs * (0.5 + Math.random() / 2);
  }
}
