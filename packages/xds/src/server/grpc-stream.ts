import { constants, type Http2ServerResponse, type ServerHttp2Stream } from "node:http2";
import { type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { PeerStream } from "./peer-limits.ts";

const PREFIX_BYTES = 5;
/** The tag of `resources` (2, length-delimited), which the shared bytes begin after. */
const RESOURCES_TAG = 0x12;
/** Between the reset of a stream that is not read and the end of its connection, which may not even let the reset through. */
const RESET_GRACE_MS = 5_000;

export interface GrpcStreamLimits {
  readonly requestBytesMax: number;
  /** For the first request, and for the rest of each one that has begun. */
  readonly requestDeadlineMs: number;
  /** For the client to read a response. */
  readonly readDeadlineMs: number;
  /** Told of what waits for its rest, and when the stream is over. */
  readonly held: PeerStream;
}

/**
 * One bidirectional gRPC stream. Responses whose resources are encoded already are written without copying those: a thousand
 * streams that wait for the network hold the same bytes.
 */
export class GrpcStream<Request, Response extends DescMessage> {
  readonly signal: AbortSignal;
  private readonly stream: ServerHttp2Stream;
  private readonly http: Http2ServerResponse;
  private readonly read: (bytes: Uint8Array) => Request;
  private readonly output: Response;
  private readonly limits: GrpcStreamLimits;
  private requestTimer: NodeJS.Timeout | undefined;
  private drained: (() => void) | undefined;

  /** `read` decodes a request and throws when it is none. */
  constructor(
    http: Http2ServerResponse,
    read: (bytes: Uint8Array) => Request,
    output: Response,
    limits: GrpcStreamLimits,
  ) {
    const { stream } = http;
    this.http = http;
    this.stream = stream;
    this.read = read;
    this.output = output;
    this.limits = limits;
    const closing = new AbortController();
    this.signal = closing.signal;
    stream.on("close", () => {
      clearTimeout(this.requestTimer);
      limits.held.close();
      closing.abort();
      this.drained?.();
    });
    // What broke the stream ends it; there is nobody left to tell.
    stream.on("error", () => {});
    stream.on("drain", () => this.drained?.());
    this.expectRequest();
  }

  /** Reads as fast as it is iterated. Throws what the stream must be ended with. */
  async *requests(): AsyncGenerator<Request> {
    const { held, requestBytesMax } = this.limits;
    let chunks: Buffer[] = [];
    let bytes = 0;
    // A request that is refused ends the reading, and must not end the stream before its status is written.
    const read: AsyncIterable<Buffer> = this.stream.iterator({ destroyOnReturn: false });
    for await (const chunk of read) {
      chunks.push(chunk);
      bytes += chunk.length;
      held.holdsPartial(bytes);
      while (bytes >= PREFIX_BYTES) {
        if ((chunks[0]?.length ?? 0) < PREFIX_BYTES) chunks = [Buffer.concat(chunks)];
        const length = chunks[0]?.readUInt32BE(1) ?? 0;
        if (chunks[0]?.[0] !== 0)
          throw new ConnectError("compressed messages are not taken", Code.Unimplemented);
        if (length > requestBytesMax) {
          const limit = `a message of ${length} bytes is above the limit of ${requestBytesMax}`;
          throw new ConnectError(limit, Code.ResourceExhausted);
        }
        const end = PREFIX_BYTES + length;
        if (bytes < end) break;
        const all = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
        if (all === undefined) break;
        chunks = [all.subarray(end)];
        bytes -= end;
        held.holdsPartial(bytes);
        clearTimeout(this.requestTimer);
        this.requestTimer = undefined;
        yield this.decode(all.subarray(PREFIX_BYTES, end));
      }
      if (bytes > 0) this.expectRequest();
    }
  }

  /** Writes until `responses` ends, waiting for the client to read; then ends the stream, with the error it threw. */
  async respond(responses: AsyncIterable<MessageShape<Response>>): Promise<void> {
    const { stream, http } = this;
    if (stream.destroyed) return;
    let status: ConnectError | undefined;
    http.writeHead(200, { "content-type": "application/grpc", "grpc-accept-encoding": "identity" });
    try {
      for await (const response of responses) {
        if (stream.destroyed) return;
        if (!this.write(response) && !(await this.isRead())) return this.cut();
      }
    } catch (error) {
      status = ConnectError.from(error);
    }
    if (stream.destroyed) return;
    // What the client still sends is not read; a client that has its status, in the trailers, must not wait for that.
    stream.once("wantTrailers", () =>
      setImmediate(() => {
        if (!stream.destroyed && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
      }),
    );
    http.addTrailers(trailersOf(status));
    http.end();
  }

  private write(response: MessageShape<Response>): boolean {
    const { $unknown: resources = [] } = response;
    const head = toBinary(this.output, { ...response, $unknown: [] });
    const shared = resources[0]?.data;
    const length = head.length + (shared === undefined ? 0 : 1 + shared.length);
    const prefix = Buffer.allocUnsafe(PREFIX_BYTES + head.length + (shared === undefined ? 0 : 1));
    prefix[0] = 0;
    prefix.writeUInt32BE(length, 1);
    prefix.set(head, PREFIX_BYTES);
    if (shared === undefined) return this.stream.write(prefix);
    prefix[prefix.length - 1] = RESOURCES_TAG;
    this.stream.cork();
    this.stream.write(prefix);
    const goesOn = this.stream.write(shared);
    this.stream.uncork();
    return goesOn;
  }

  private expectRequest(): void {
    this.requestTimer ??= setTimeout(() => this.cut(), this.limits.requestDeadlineMs);
  }

  /** Whether the client takes in time what was written. */
  private isRead(): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.stream.destroyed || !this.stream.writableNeedDrain) return resolve(true);
      const timer = setTimeout(() => resolve(false), this.limits.readDeadlineMs);
      this.drained = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  /** Resets the stream; a connection that does not let even that through ends. */
  private cut(): void {
    const { stream } = this;
    const { session } = stream;
    if (stream.destroyed) return;
    stream.close(constants.NGHTTP2_CANCEL);
    const timer = setTimeout(() => session?.destroy(), RESET_GRACE_MS);
    stream.once("close", () => clearTimeout(timer));
  }

  private decode(bytes: Uint8Array): Request {
    try {
      return this.read(bytes);
    } catch (error) {
      throw new ConnectError(
        `the message cannot be decoded: ${error instanceof Error ? error.message : String(error)}`,
        Code.InvalidArgument,
      );
    }
  }
}

/** Answers a call that is not taken, whatever the client still has to say. */
export function refuseStream({ stream }: Http2ServerResponse, error: ConnectError): void {
  stream.on("error", () => {});
  if (stream.destroyed) return;
  const headers = { ":status": 200, "content-type": "application/grpc", ...trailersOf(error) };
  stream.respond(headers, { endStream: true });
  setImmediate(() => {
    if (!stream.destroyed) stream.close(constants.NGHTTP2_NO_ERROR);
  });
}

function trailersOf(error: ConnectError | undefined): Record<string, string> {
  if (error === undefined) return { "grpc-status": "0" };
  return { "grpc-status": String(error.code), "grpc-message": encodeURIComponent(error.rawMessage) };
}
