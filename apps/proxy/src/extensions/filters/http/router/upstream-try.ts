import type { ConnectionInfo, WatermarkCallbacks } from "@sluice/extension-api";
import type { ClusterInfo, Host } from "../../../../cluster/thread-local-cluster.ts";
import type { RequestEncoder, ResponseStream, StreamResetReason } from "../../../../http/codec.ts";
import type { Headers } from "../../../../http/header-map.ts";
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
  /** The response is complete, or there will be none. */
  private done = false;

  constructor(owner: TryOwner, info: ClusterInfo, host: Host, pool: HttpPool) {
    this.owner = owner;
    this.info = info;
    this.host = host;
    this.pool = pool;
    this.highPriority = owner.highPriority;
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
    const encoder = this.sending(endStream);
    encoder?.encodeHeaders(headers, endStream);
  }

  encodeData(chunk: Uint8Array, endStream: boolean): void {
    const encoder = this.sending(endStream);
    encoder?.encodeData(chunk, endStream);
  }

  encodeTrailers(trailers: Headers): void {
    const encoder = this.sending(true);
    encoder?.encodeTrailers(trailers);
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
    if (!this.done) this.info.stats.upstreamRqTxReset.inc();
    this.done = true;
    encoder.reset();
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
    this.owner.onTry1xx(headers);
  }

  decodeHeaders(headers: Headers, endStream: boolean): void {
    if (endStream) this.endResponse();
    this.owner.onTryHeaders(this, headers, endStream);
  }

  decodeData(chunk: Uint8Array, endStream: boolean): void {
    if (endStream) this.endResponse();
    this.owner.onTryData(chunk, endStream);
  }

  decodeTrailers(trailers: Headers): void {
    this.endResponse();
    this.owner.onTryTrailers(trailers);
  }

  onReset(reason: StreamResetReason, transportFailure: string): void {
    this.done = true;
    this.encoder = undefined;
    this.host.stats.rqError.inc();
    this.info.stats.upstreamRqRxReset.inc();
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
