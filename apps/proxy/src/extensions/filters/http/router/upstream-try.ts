import type { ConnectionInfo, WatermarkCallbacks } from "@sluice/extension-api";
import type { ClusterInfo, Host } from "../../../../cluster/thread-local-cluster.ts";
import type { RequestEncoder, ResponseStream, StreamResetReason } from "../../../../http/codec.ts";
import { hasToken } from "../../../../http/h1/server-codec.ts";
import type { Headers } from "../../../../http/header-map.ts";
import { countReset } from "../../../../upstream/count-reset.ts";
import type { HttpPool, PoolWaiter } from "../../../../upstream/http-pool.ts";

export interface TryOwner extends WatermarkCallbacks {
  readonly highPriority: boolean;
  onTryReady(attempt: UpstreamTry, connection: ConnectionInfo): undefined;
  onTry1xx(headers: Headers): void;
  onTryHeaders(attempt: UpstreamTry, headers: Headers, endStream: boolean): void;
  onTryData(chunk: Uint8Array, endStream: boolean): void;
  onTryTrailers(trailers: Headers): void;
  onTryReset(attempt: UpstreamTry, reason: StreamResetReason, transportFailure: string): void;
}

/** One attempt at an upstream host: waiting for a connection, then an exchange on it. */
export class UpstreamTry implements PoolWaiter, ResponseStream {
  readonly host: Host;
  readonly highPriority: boolean;
  /** The exchange has begun: the request may be sent. */
  ready = false;
  startedAtMs = 0;
  private readonly owner: TryOwner;
  private readonly info: ClusterInfo;
  private readonly pool: HttpPool;
  /** From `ready` until both messages are through, or it was reset. */
  private encoder: RequestEncoder | undefined = undefined;
  private requestComplete = false;
  private continued = false;
  /** What follows an offer to speak WebSocket, until the upstream has taken it. */
  private held: { readonly chunks: Uint8Array[]; bytes: number; endStream: boolean } | undefined = undefined;
  /** The response is complete, or there will be none. */
  private done = false;

  constructor(owner: TryOwner, info: ClusterInfo, host: Host, pool: HttpPool) {
    this.owner = owner;
    this.info = info;
    this.host = host;
    this.pool = pool;
    this.highPriority = owner.highPriority;
  }

  /** "" before it is ready. */
  get protocol(): string {
    return this.encoder?.protocol ?? "";
  }

  get response(): ResponseStream {
    return this;
  }

  onReady(encoder: RequestEncoder, connection: ConnectionInfo): void {
    this.ready = true;
    this.encoder = encoder;
    encoder.addWatermarkCallbacks(this.owner);
    this.owner.onTryReady(this, connection);
  }

  onFailure(reason: StreamResetReason, transportFailure: string): void {
    this.done = true;
    this.host.stats.rqError.inc();
    this.owner.onTryReset(this, reason, transportFailure);
  }

  // ── request, once `ready` ───────────────────────────────────────────────────────────────────────────────────────────

  encodeHeaders(headers: Headers, endStream: boolean): void {
    if (!endStream && offersWebSocket(headers)) this.held = { chunks: [], bytes: 0, endStream: false };
    this.sending(endStream)?.encodeHeaders(headers, endStream);
  }

  encodeData(chunk: Uint8Array, endStream: boolean): void {
    if (this.held === undefined) this.sending(endStream)?.encodeData(chunk, endStream);
    else this.hold(this.held, chunk, endStream);
  }

  encodeTrailers(trailers: Headers): void {
    this.sending(true)?.encodeTrailers(trailers);
  }

  readDisable(disable: boolean): void {
    this.encoder?.readDisable(disable);
  }

  /** Gives it up. */
  cancel(): undefined {
    const { encoder } = this;
    if (!this.ready) {
      if (!this.done) this.pool.cancel(this);
      this.done = true;
      return;
    }
    if (encoder === undefined) return;
    this.encoder = undefined;
    // Behind an early answer nothing is reset from the response's side of view.
    if (!this.done && encoder.protocol === "HTTP/2") this.info.stats.upstreamRqTxReset.inc();
    this.done = true;
    encoder.reset();
  }

  private hold(held: NonNullable<UpstreamTry["held"]>, chunk: Uint8Array, endStream: boolean): void {
    const limit = this.info.bufferLimitBytes;
    const below = held.bytes <= limit;
    held.chunks.push(Buffer.from(chunk));
    held.bytes += chunk.length;
    held.endStream ||= endStream;
    if (below && held.bytes > limit) this.owner.onAboveHighWatermark();
  }

  private release(held: NonNullable<UpstreamTry["held"]>): void {
    this.held = undefined;
    for (const chunk of held.chunks) this.encodeData(chunk, false);
    if (held.endStream) this.encodeData(EMPTY, true);
    if (held.bytes > this.info.bufferLimitBytes) this.owner.onBelowLowWatermark();
  }

  /** The encoder belongs to this try for the last time when both messages end. */
  private sending(endStream: boolean): RequestEncoder | undefined {
    const { encoder } = this;
    if (endStream) {
      this.requestComplete = true;
      if (this.done) this.encoder = undefined;
    }
    return encoder;
  }

  // ── response ────────────────────────────────────────────────────────────────────────────────────────────────────────

  decode1xxHeaders(headers: Headers): void {
    // One is all that the client waits for.
    if (this.continued) return;
    this.continued = headers.get(":status") === "100";
    this.owner.onTry1xx(headers);
  }

  decodeHeaders(headers: Headers, endStream: boolean): void {
    this.info.onResponse?.(this.host, headers);
    const { held } = this;
    if (held !== undefined && !endStream) {
      const status = headers.get(":status") ?? "";
      if (status.startsWith("2")) {
        this.decline(headers);
        return;
      }
      this.owner.onTryHeaders(this, headers, false);
      if (status === "101") this.release(held);
      return;
    }
    if (endStream) this.endResponse();
    this.owner.onTryHeaders(this, headers, endStream);
  }

  /** As Envoy: of a success that is no handshake (RFC 6455 §4.1) only the head is passed on. */
  private decline(headers: Headers): void {
    const { encoder } = this;
    this.encoder = undefined;
    this.done = true;
    headers.remove("content-length");
    encoder?.reset();
    this.owner.onTryHeaders(this, headers, true);
  }

  decodeData(chunk: Uint8Array, endStream: boolean): void {
    if (endStream) this.endResponse();
    this.owner.onTryData(chunk, endStream);
  }

  decodeTrailers(trailers: Headers): void {
    this.info.onResponse?.(this.host, trailers);
    this.endResponse();
    this.owner.onTryTrailers(trailers);
  }

  onReset(reason: StreamResetReason, transportFailure: string): void {
    if (this.encoder?.protocol === "HTTP/2") countReset(this.info.stats, reason);
    this.done = true;
    this.encoder = undefined;
    this.host.stats.rqError.inc();
    this.owner.onTryReset(this, reason, transportFailure);
  }

  private endResponse(): void {
    this.done = true;
    const { encoder } = this;
    if (encoder === undefined) return;
    encoder.removeWatermarkCallbacks(this.owner);
    if (this.requestComplete) this.encoder = undefined;
  }
}

const EMPTY = Buffer.alloc(0);

function offersWebSocket(headers: Headers): boolean {
  return (
    headers.get("upgrade")?.toLowerCase() === "websocket" && hasToken(headers.getAll("connection"), "upgrade")
  );
}
