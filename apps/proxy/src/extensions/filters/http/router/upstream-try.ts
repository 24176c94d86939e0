import type { ConnectionInfo, Timer, Timers, WatermarkCallbacks } from "@sluice/extension-api";
import type { ClusterInfo, Host } from "../../../../cluster/thread-local-cluster.ts";
import type { RequestSizeStats } from "../../../../cluster/tracked-stats.ts";
import type { RequestEncoder, ResponseStream, StreamResetReason } from "../../../../http/codec.ts";
import { hasToken } from "../../../../http/h1/connection-tokens.ts";
import type { Headers } from "../../../../http/header-map.ts";
import { ByteMeter } from "../../../../stream-info/byte-meter.ts";
import type { ActiveSpan } from "../../../../tracing/tracer.ts";
import { countReset } from "../../../../upstream/count-reset.ts";
import type { HttpPool, PoolWaiter } from "../../../../upstream/http-pool.ts";

/** Who made a try, and hears of it. Its watermarks are those of the request's sink. */
export interface TryOwner extends WatermarkCallbacks {
  readonly highPriority: boolean;
  /** Filters before its connection take the request; the connection is still to come. */
  onTryOpen(attempt: UpstreamTry): void;
  /** `open`: the request went to its filters already. */
  onTryReady(attempt: UpstreamTry, connection: ConnectionInfo, open: boolean): void;
  onTry1xx(attempt: UpstreamTry, headers: Headers): void;
  onTryHeaders(attempt: UpstreamTry, headers: Headers, endStream: boolean): void;
  onTryData(attempt: UpstreamTry, chunk: Uint8Array, endStream: boolean): void;
  onTryTrailers(attempt: UpstreamTry, trailers: Headers): void;
  /** Nothing follows. */
  onTryReset(attempt: UpstreamTry, reason: StreamResetReason, transportFailure: string): void;
  onTryTimeout(attempt: UpstreamTry, which: TryTimeout): void;
}

/** How far a try is; `Open`: it may be sent the request, without having its connection. */
const Stage = { Waiting: 0, Open: 1, Ready: 2 } as const;
type Stage = (typeof Stage)[keyof typeof Stage];

export type TryTimeout = "perTry" | "perTryIdle" | "maxDuration";

/** One attempt at an upstream host: waiting for a connection, then an exchange on it. */
export class UpstreamTry extends ByteMeter implements PoolWaiter, ResponseStream {
  readonly host: Host;
  readonly highPriority: boolean;
  /** Neither a response's head nor a reset has come. */
  awaitingHeaders = true;
  /** Another try has begun beside it (hedging). */
  retried = false;
  outlierTimeoutRecorded = false;
  /** A gRPC response of status 200 whose grpc-status is still to come. */
  grpcOutcomeOpen = false;
  status = 0;
  /** It answered an offer to speak WebSocket with a success or a redirection, which are no handshake. */
  declined = false;
  /** Of the upstream connection, once `ready`. */
  protocol: string | undefined = undefined;
  connection: ConnectionInfo | undefined = undefined;
  /** How long it waited for that. */
  readyMs = 0;
  responseBytes = 0;
  private requestBytes = 0;
  /** Where sizes are tracked: of the response's headers; -1: none came. */
  private responseHeadBytes = -1;
  private responseHeadCount = 0;
  startedAtMs = 0;
  span: ActiveSpan | undefined = undefined;
  private stage: Stage = Stage.Waiting;
  private readonly owner: TryOwner;
  private readonly info: ClusterInfo;
  private readonly pool: HttpPool;
  /** From `ready` until both messages are through, or it was reset. */
  private encoder: RequestEncoder | undefined = undefined;
  private requestComplete = false;
  private informed = false;
  /** What follows an offer to speak something else, until the upstream has taken it: it might read a request in it. */
  private held: HeldTunnel | undefined = undefined;
  /** The response is complete, or there will be none. */
  private done = false;
  private endedBeforeHost = false;
  private perTry: Timer | undefined = undefined;
  private perTryIdle: Timer | undefined = undefined;
  private perTryIdleMs = 0;
  private maxDuration: Timer | undefined = undefined;

  constructor(owner: TryOwner, info: ClusterInfo, host: Host, pool: HttpPool) {
    super();
    this.owner = owner;
    this.info = info;
    this.host = host;
    this.pool = pool;
    this.highPriority = owner.highPriority;
  }

  get bufferedBytes(): number {
    return (this.held?.bytes ?? 0) + (this.encoder?.bufferedBytes ?? 0);
  }

  /** The exchange has begun. */
  get ready(): boolean {
    return this.stage === Stage.Ready;
  }

  /** The request may be sent. */
  get takes(): boolean {
    return this.stage !== Stage.Waiting;
  }

  get response(): ResponseStream {
    return this;
  }

  get meter(): ByteMeter {
    return this;
  }

  /** Asks for a connection; the answer may come before it returns. */
  start(): void {
    this.pool.newStream(this);
  }

  onOpen(encoder: RequestEncoder): void {
    this.stage = Stage.Open;
    this.encoder = encoder;
    this.owner.onTryOpen(this);
  }

  onReady(encoder: RequestEncoder, connection: ConnectionInfo): void {
    const open = this.takes;
    this.stage = Stage.Ready;
    this.encoder = encoder;
    this.protocol = encoder.protocol === "" ? undefined : encoder.protocol;
    encoder.addWatermarkCallbacks(this.owner);
    this.owner.onTryReady(this, connection, open);
  }

  /** Undefined: the request ended before the host had a part in it. */
  get countedHost(): Host | undefined {
    return this.endedBeforeHost ? undefined : this.host;
  }

  onFailure(reason: StreamResetReason, transportFailure: string, beforeHost = false): void {
    this.done = true;
    this.endedBeforeHost = beforeHost;
    this.awaitingHeaders = false;
    this.encoder = undefined;
    this.disarm();
    this.owner.onTryReset(this, reason, transportFailure);
  }

  /** Starts the clocks of this try; 0: none. */
  armTimeouts(timers: Timers, perTryMs: number, perTryIdleMs: number): void {
    if (this.done) return;
    if (perTryMs > 0 && this.perTry === undefined) {
      this.perTry = timers.create(() => {
        this.perTryIdle?.disarm();
        this.perTryIdleMs = 0;
        this.owner.onTryTimeout(this, "perTry");
      });
      this.perTry.arm(perTryMs);
    }
    if (perTryIdleMs > 0 && this.perTryIdle === undefined) {
      this.perTryIdleMs = perTryIdleMs;
      this.perTryIdle = timers.create(() => {
        this.perTry?.disarm();
        this.owner.onTryTimeout(this, "perTryIdle");
      });
      this.perTryIdle.arm(perTryIdleMs);
    }
  }

  armMaxDuration(timers: Timers, ms: number): void {
    this.maxDuration ??= timers.create(() => this.owner.onTryTimeout(this, "maxDuration"));
    this.maxDuration.arm(ms);
  }

  // ── request, once it `takes` it ─────────────────────────────────────────────────────────────────────────────────────────

  encodeHeaders(headers: Headers, endStream: boolean): void {
    if (!endStream) this.held = heldTunnel(headers);
    this.sending(endStream)?.encodeHeaders(headers, endStream);
  }

  encodeData(chunk: Uint8Array, endStream: boolean): void {
    if (this.held === undefined) {
      this.requestBytes += chunk.length;
      this.sending(endStream)?.encodeData(chunk, endStream);
    } else this.hold(this.held, chunk, endStream);
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
    if (!this.done) this.span?.setTag("canceled", "true");
    this.disarm();
    this.awaitingHeaders = false;
    this.encoder = undefined;
    if (!this.ready) {
      if (!this.done) this.pool.cancel(this);
      this.done = true;
      return;
    }
    if (encoder === undefined) return;
    // As in Envoy: a stream that goes with its HTTP/1 connection is not counted; what is left behind an early answer is.
    if (encoder.protocol === "HTTP/2") this.info.stats.upstreamRqTxReset.inc();
    this.done = true;
    encoder.reset();
  }

  private hold(held: HeldTunnel, chunk: Uint8Array, endStream: boolean): void {
    const limit = this.info.bufferLimitBytes;
    const below = held.bytes <= limit;
    held.chunks.push(Buffer.from(chunk));
    held.bytes += chunk.length;
    held.endStream ||= endStream;
    if (below && held.bytes > limit) this.owner.onAboveHighWatermark();
  }

  private release(held: HeldTunnel): void {
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
    this.touch();
    // As Envoy: the first is the only one, whatever it says.
    if (this.informed) return;
    this.informed = true;
    this.owner.onTry1xx(this, headers);
  }

  decodeHeaders(headers: Headers, endStream: boolean): void {
    this.touch();
    this.awaitingHeaders = false;
    this.status = Number(headers.get(":status") ?? "0");
    (this.host.cluster ?? this.info).onResponse?.(this.host, headers);
    const { held } = this;
    if (held?.isWebSocket === true && this.status >= 200 && this.status < 400) {
      this.decline(headers);
      return;
    }
    if (held !== undefined && !endStream) {
      this.owner.onTryHeaders(this, headers, false);
      if (this.status === 101) this.release(held);
      return;
    }
    if (endStream) this.endResponse();
    this.owner.onTryHeaders(this, headers, endStream);
  }

  /** As Envoy: of an answer that is neither a handshake nor an error (RFC 6455 §4.1) only the head is passed on. */
  private decline(headers: Headers): void {
    const { encoder } = this;
    this.encoder = undefined;
    this.done = true;
    this.declined = true;
    this.disarm();
    headers.remove("content-length");
    encoder?.reset();
    this.owner.onTryHeaders(this, headers, true);
  }

  decodeData(chunk: Uint8Array, endStream: boolean): void {
    this.touch();
    this.responseBytes += chunk.length;
    if (endStream) this.endResponse();
    this.owner.onTryData(this, chunk, endStream);
  }

  decodeTrailers(trailers: Headers): void {
    (this.host.cluster ?? this.info).onResponse?.(this.host, trailers);
    this.endResponse();
    this.owner.onTryTrailers(this, trailers);
  }

  onReset(reason: StreamResetReason, transportFailure: string): void {
    if (this.protocol === "HTTP/2") countReset(this.info.stats, reason);
    this.done = true;
    this.awaitingHeaders = false;
    this.encoder = undefined;
    this.disarm();
    this.owner.onTryReset(this, reason, transportFailure);
  }

  noteResponseHead(headers: Headers): void {
    this.responseHeadBytes = headers.byteSize;
    this.responseHeadCount = headers.size;
  }

  /** Once, when it is over. */
  recordSizes(sizes: RequestSizeStats, request: Headers): void {
    sizes.requestHeadersSize.record(request.byteSize);
    sizes.requestHeadersCount.record(request.size);
    sizes.requestBodySize.record(this.requestBytes);
    if (this.responseHeadBytes < 0) return;
    sizes.responseHeadersSize.record(this.responseHeadBytes);
    sizes.responseHeadersCount.record(this.responseHeadCount);
    sizes.responseBodySize.record(this.responseBytes);
  }

  private touch(): void {
    if (this.perTryIdleMs > 0) this.perTryIdle?.arm(this.perTryIdleMs);
  }

  private disarm(): void {
    this.perTry?.disarm();
    this.perTryIdle?.disarm();
    this.perTryIdleMs = 0;
    this.maxDuration?.disarm();
  }

  private endResponse(): void {
    this.done = true;
    this.disarm();
    const { encoder } = this;
    if (encoder === undefined) return;
    encoder.removeWatermarkCallbacks(this.owner);
    if (this.requestComplete) this.encoder = undefined;
  }
}

const EMPTY = Buffer.alloc(0);

interface HeldTunnel {
  readonly isWebSocket: boolean;
  readonly chunks: Uint8Array[];
  bytes: number;
  endStream: boolean;
}

/** `undefined`: the request offers nothing but HTTP. */
function heldTunnel(headers: Headers): HeldTunnel | undefined {
  const upgrade = headers.get("upgrade");
  if (upgrade === undefined || !hasToken(headers.getAll("connection"), "upgrade")) return undefined;
  return { isWebSocket: upgrade.toLowerCase() === "websocket", chunks: [], bytes: 0, endStream: false };
}
