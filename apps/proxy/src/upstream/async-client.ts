import type { Clock, ConnectionInfo, HeaderMap, Random, Timer } from "@sluice/extension-api";
import { INTERNAL_RESPONSE } from "../cluster/response-figures.ts";
import type {
  ClusterInfo,
  Host,
  LoadBalancerContext,
  ThreadLocalClusterManager,
} from "../cluster/thread-local-cluster.ts";
import type { TimerQueue } from "../event/timer-queue.ts";
import type { RequestEncoder, ResponseStream, StreamResetReason } from "../http/codec.ts";
import type { Headers } from "../http/header-map.ts";
import type { ByteMeter } from "../stream-info/byte-meter.ts";
import { httpPoolFor, type PoolUser } from "./host-pools.ts";
import type { HttpPool, PoolWaiter } from "./http-pool.ts";

/** What an async client needs of its worker. */
export interface AsyncClientContext {
  readonly clusters: ThreadLocalClusterManager;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: Random;
}

/** Why there is no (whole) response; `text` of resets as in local replies. */
export type AsyncFailure =
  | StreamResetReason
  | "cluster not found"
  | "no healthy upstream"
  | "timeout"
  | "response too large";

export interface AsyncStreamCallbacks {
  onHeaders(headers: Headers, endStream: boolean): void;
  /** Borrowed for the call. */
  onData(chunk: Uint8Array, endStream: boolean): void;
  onTrailers(trailers: Headers): void;
  /** Nothing follows; also before `AsyncClient.start` returns. */
  onFailure(reason: AsyncFailure, transportFailure: string): void;
}

export interface AsyncStreamOptions {
  /** Until the response's end, from the start; 0: none. */
  readonly timeoutMs: number;
  readonly highPriority?: boolean;
  /** For policies that go by it. */
  readonly hash?: bigint | undefined;
  /** Counts what the exchange takes on its connection. */
  readonly meter?: ByteMeter | undefined;
}

/**
 * Sends requests of the proxy's own (filters, mirrors) to a cluster, through the pools and limits that clients' requests go
 * through. Everything is told by callbacks; a request is not retried.
 */
export class AsyncClient {
  private readonly context: AsyncClientContext;

  constructor(context: AsyncClientContext) {
    this.context = context;
  }

  /**
   * Begins an exchange with a host of `cluster`. `headers` hold the pseudo-headers and may change until the stream stands.
   * Undefined: it failed, as `callbacks` were told.
   */
  start(
    cluster: string,
    headers: Headers,
    callbacks: AsyncStreamCallbacks,
    options: AsyncStreamOptions,
  ): AsyncStream | undefined {
    const found = this.context.clusters.get(cluster);
    if (found === undefined) {
      callbacks.onFailure("cluster not found", "");
      return undefined;
    }
    const { info } = found;
    const choice = new AsyncChoice(headers, options);
    const host = found.chooseHost(choice);
    if (host === undefined) {
      info.stats.upstreamCxNoneHealthy.inc();
      callbacks.onFailure("no healthy upstream", "");
      return undefined;
    }
    const pool = httpPoolFor(info, host, choice, this.context);
    if (pool === undefined) {
      callbacks.onFailure("no healthy upstream", "");
      return undefined;
    }
    const stream = new AsyncStream(info, host, pool, headers, callbacks, options, this.context);
    return stream.begin() ? stream : undefined;
  }
}

class AsyncChoice implements LoadBalancerContext, PoolUser {
  readonly requestHeaders: HeaderMap;
  readonly hostSelectionAttempts = 1;
  readonly highPriority: boolean;
  readonly downstreamProtocol = undefined;
  readonly downstreamConnection = undefined;
  private readonly hash: bigint | undefined;

  constructor(headers: HeaderMap, options: AsyncStreamOptions) {
    this.requestHeaders = headers;
    this.highPriority = options.highPriority ?? false;
    this.hash = options.hash;
  }
  computeHash(): bigint | undefined {
    return this.hash;
  }
  shouldSelectAnotherHost(_host: Host): boolean {
    return false;
  }
}

/** A request that is under way. What is sent before its connection stands is kept. */
export class AsyncStream implements PoolWaiter, ResponseStream {
  readonly highPriority: boolean;
  readonly host: Host;
  readonly meter: ByteMeter | undefined;
  private readonly info: ClusterInfo;
  private readonly pool: HttpPool;
  private readonly headers: Headers;
  private readonly callbacks: AsyncStreamCallbacks;
  private readonly clock: Clock;
  /** When the request was whole; undefined: it is not yet. */
  private sentAtMs: number | undefined = undefined;
  private readonly timeoutMs: number;
  private readonly timeout: Timer | undefined;
  /** While the exchange is open. */
  private encoder: RequestEncoder | undefined = undefined;
  private started = false;
  private headersOnly = false;
  private kept: Uint8Array[] = [];
  private trailers: Headers | undefined = undefined;
  private requestEnded = false;
  private over = false;

  constructor(
    info: ClusterInfo,
    host: Host,
    pool: HttpPool,
    headers: Headers,
    callbacks: AsyncStreamCallbacks,
    options: AsyncStreamOptions,
    { timers, clock }: AsyncClientContext,
  ) {
    this.info = info;
    this.host = host;
    this.pool = pool;
    this.headers = headers;
    this.callbacks = callbacks;
    this.highPriority = options.highPriority ?? false;
    this.meter = options.meter;
    this.clock = clock;
    this.timeoutMs = options.timeoutMs;
    this.timeout = options.timeoutMs > 0 ? timers.create(() => this.onTimeout()) : undefined;
  }

  /** Answers whether it has not failed already. */
  begin(): boolean {
    this.timeout?.arm(this.timeoutMs);
    this.pool.newStream(this);
    return !this.over;
  }

  // ── request ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** There is no body. Before anything else, in place of all else. */
  endHeaders(): void {
    this.headersOnly = true;
    this.requestEnded = true;
    this.sentAtMs = this.clock.nowMs();
    if (this.encoder !== undefined) this.sendHeaders(this.encoder);
  }

  /** A chunk must not change afterwards. */
  sendData(chunk: Uint8Array, endStream: boolean): void {
    if (this.over) return;
    this.requestEnded = endStream;
    if (endStream) this.sentAtMs = this.clock.nowMs();
    const { encoder } = this;
    if (encoder === undefined || !this.started) {
      this.kept.push(chunk);
      if (encoder !== undefined) this.sendHeaders(encoder);
    } else encoder.encodeData(chunk, endStream);
  }

  sendTrailers(trailers: Headers): void {
    if (this.over) return;
    this.requestEnded = true;
    this.sentAtMs = this.clock.nowMs();
    this.trailers = trailers;
    const { encoder } = this;
    if (encoder === undefined) return;
    if (this.started) encoder.encodeTrailers(trailers);
    else this.sendHeaders(encoder);
  }

  /** Nobody is interested any more; no callback follows. */
  cancel(): void {
    if (this.over) return;
    const { encoder } = this;
    const answered = this.end();
    if (answered) encoder?.reset();
    else this.pool.cancel(this);
  }

  private sendHeaders(encoder: RequestEncoder): void {
    this.started = true;
    encoder.encodeHeaders(this.headers, this.headersOnly);
    const chunks = this.kept;
    this.kept = [];
    for (const [i, chunk] of chunks.entries()) {
      const last = this.requestEnded && this.trailers === undefined && i === chunks.length - 1;
      encoder.encodeData(chunk, last);
    }
    if (this.trailers !== undefined) encoder.encodeTrailers(this.trailers);
  }

  // ── pool ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  get response(): ResponseStream {
    return this;
  }

  onReady(encoder: RequestEncoder, _connection: ConnectionInfo): void {
    this.encoder = encoder;
    if (this.headersOnly || this.kept.length > 0 || this.trailers !== undefined) this.sendHeaders(encoder);
  }

  onFailure(reason: StreamResetReason, transportFailure: string): void {
    this.fail(reason, transportFailure);
  }

  // ── response ────────────────────────────────────────────────────────────────────────────────────────────────────────

  decode1xxHeaders(_headers: Headers): void {
    // Nobody waits for them.
  }

  decodeHeaders(headers: Headers, endStream: boolean): void {
    const status = Number(headers.get(":status") ?? "0");
    this.info.stats.responses.countKind(status, INTERNAL_RESPONSE);
    (status >= 500 ? this.host.stats.rqError : this.host.stats.rqSuccess).inc();
    if (endStream) this.endResponse();
    this.callbacks.onHeaders(headers, endStream);
  }

  decodeData(chunk: Uint8Array, endStream: boolean): void {
    if (endStream) this.endResponse();
    this.callbacks.onData(chunk, endStream);
  }

  decodeTrailers(trailers: Headers): void {
    this.endResponse();
    this.callbacks.onTrailers(trailers);
  }

  onReset(reason: StreamResetReason, transportFailure: string): void {
    this.fail(reason, transportFailure);
  }

  /** The response is whole. A request that is not has no reader. */
  private endResponse(): void {
    const { encoder, sentAtMs } = this;
    this.end();
    if (sentAtMs !== undefined)
      this.info.stats.responses.recordKind(this.clock.nowMs() - sentAtMs, INTERNAL_RESPONSE);
    if (!this.requestEnded) encoder?.reset();
  }

  private onTimeout(): void {
    const { encoder } = this;
    this.info.stats.upstreamRqTimeout.inc();
    this.host.stats.rqTimeout.inc();
    if (this.end()) encoder?.reset();
    else this.pool.cancel(this);
    this.callbacks.onFailure("timeout", "");
  }

  private fail(reason: AsyncFailure, transportFailure: string): void {
    if (this.over) return;
    this.host.stats.rqError.inc();
    this.end();
    this.callbacks.onFailure(reason, transportFailure);
  }

  /** Answers whether a connection had been found. */
  private end(): boolean {
    const ready = this.encoder !== undefined;
    this.over = true;
    this.encoder = undefined;
    this.kept = [];
    this.timeout?.disarm();
    return ready;
  }
}
