import type {
  Clock,
  ConnectionInfo,
  DecoderCallbacks,
  HeaderMap,
  Random,
  Timers,
  UpstreamOverrideHost,
  WatermarkCallbacks,
} from "@sluice/extension-api";
import type { RequestEncoder, ResponseStream, StreamResetReason } from "../http/codec.ts";
import type { Headers } from "../http/header-map.ts";
import type { HttpFilterConfig } from "../http-filter/filter-chain-config.ts";
import { filterIsOn } from "../http-filter/filter-is-on.ts";
import { FilterManager } from "../http-filter/filter-manager.ts";
import type { StreamHost } from "../http-filter/stream-host.ts";
import type { RouteEntry } from "../route/route-entry.ts";
import type { ByteMeter } from "../stream-info/byte-meter.ts";
import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import type { HttpPool, PoolWaiter } from "./http-pool.ts";

/** The downstream stream that a filtered request belongs to. */
export interface FilteredStream {
  readonly streamId: number;
  readonly streamInfo: RequestStreamInfo;
  readonly connection: ConnectionInfo;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  route(): RouteEntry | undefined;
  /** The client's connection ends with this request. */
  refuseReuse(): void;
}

/** What the filters ask of whoever sends the request. */
export type FilteredCallbacks = Pick<
  DecoderCallbacks,
  "bufferLimitBytes" | "sendLocalReply" | "pauseRequest" | "resumeRequest"
>;

/** Where the last filter keeps a request for which there is no connection yet. */
export interface ConnectionWaiter {
  onConnected(): void;
}

/**
 * What stands between a router and a pool: upstream HTTP filters, their own instances for each try. As in Envoy they get a request
 * at once, whether there is a connection for it or not.
 */
export class FilteredPool implements HttpPool {
  private readonly pool: HttpPool;
  private readonly chain: readonly HttpFilterConfig[];
  private readonly stream: FilteredStream;
  private readonly callbacks: FilteredCallbacks;
  private readonly waiting = new Map<PoolWaiter, FilteredExchange>();

  constructor(
    pool: HttpPool,
    chain: readonly HttpFilterConfig[],
    stream: FilteredStream,
    callbacks: FilteredCallbacks,
  ) {
    this.pool = pool;
    this.chain = chain;
    this.stream = stream;
    this.callbacks = callbacks;
  }

  newStream(waiter: PoolWaiter): void {
    const exchange = new FilteredExchange(waiter, this, this.chain, this.stream, this.callbacks);
    this.waiting.set(waiter, exchange);
    this.pool.newStream(exchange);
    if (this.waiting.has(waiter)) exchange.open();
  }

  cancel(waiter: PoolWaiter): void {
    const exchange = this.waiting.get(waiter);
    if (exchange === undefined) return;
    this.waiting.delete(waiter);
    this.pool.cancel(exchange);
    exchange.end();
  }

  /** The waiter was answered. */
  settle(waiter: PoolWaiter): void {
    this.waiting.delete(waiter);
  }

  /** The pool behind it is its host's. */
  drain(): void {}
}

/** One try with its filters: what the router sends passes them to the codec, what the codec receives passes them back. */
export class FilteredExchange implements PoolWaiter, ResponseStream, StreamHost {
  readonly highPriority: boolean;
  requestHeaders: Headers | undefined = undefined;
  /** Its replies are the stream's. */
  readonly isGrpc = false;
  overrideHost: UpstreamOverrideHost | undefined = undefined;
  private readonly waiter: PoolWaiter;
  private readonly pool: FilteredPool;
  private readonly chain: readonly HttpFilterConfig[];
  private readonly stream: FilteredStream;
  private readonly callbacks: FilteredCallbacks;
  private readonly filters = new FilterManager(this);
  /** The router's end, once the filters are there. */
  private front: FilteredEncoder | undefined = undefined;
  private encoder: RequestEncoder | undefined = undefined;
  private held: ConnectionWaiter | undefined = undefined;
  private pausedRequest = 0;

  constructor(
    waiter: PoolWaiter,
    pool: FilteredPool,
    chain: readonly HttpFilterConfig[],
    stream: FilteredStream,
    callbacks: FilteredCallbacks,
  ) {
    this.waiter = waiter;
    this.pool = pool;
    this.highPriority = waiter.highPriority;
    this.chain = chain;
    this.stream = stream;
    this.callbacks = callbacks;
  }

  /** Where the last filter sends the request on; undefined: there is no connection (yet). */
  get codec(): RequestEncoder | undefined {
    return this.encoder;
  }

  /** The last filter has the request's headers before there is a connection: it hears of that. */
  awaitConnection(held: ConnectionWaiter): void {
    this.held = held;
  }

  // ── the pool's waiter ───────────────────────────────────────────────────────────────────────────────────────────────

  get response(): ResponseStream {
    return this;
  }

  get meter(): ByteMeter | undefined {
    return this.waiter.response.meter;
  }

  /** The pool's answer is still to come. */
  open(): void {
    this.waiter.onOpen?.(this.createFront());
  }

  onReady(encoder: RequestEncoder, connection: ConnectionInfo): void {
    this.pool.settle(this.waiter);
    this.encoder = encoder;
    this.waiter.onReady(this.front ?? this.createFront(), connection);
    this.held?.onConnected();
  }

  onFailure(reason: StreamResetReason, transportFailure: string, beforeHost = false): void {
    this.pool.settle(this.waiter);
    this.end();
    this.waiter.onFailure(reason, transportFailure, beforeHost);
  }

  private createFront(): FilteredEncoder {
    this.filters.createChain(this.chain, (filter) => filterIsOn(filter, this.stream.route()?.levels));
    this.front = new FilteredEncoder(this);
    return this.front;
  }

  // ── from the router ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** What is kept for its filters. */
  get heldBytes(): number {
    return this.filters.heldBytes;
  }

  sendHeaders(headers: Headers, endStream: boolean): void {
    this.requestHeaders = headers;
    this.filters.request.begin(headers, endStream);
  }
  sendData(chunk: Uint8Array, endStream: boolean): void {
    this.filters.request.data(chunk, endStream);
  }
  sendTrailers(trailers: Headers): void {
    this.filters.request.end(trailers);
  }
  reset(): void {
    const { encoder } = this;
    this.end();
    if (encoder === undefined) this.pool.cancel(this.waiter);
    else encoder.reset();
  }

  // ── the codec's response ────────────────────────────────────────────────────────────────────────────────────────────

  decode1xxHeaders(headers: Headers): void {
    this.filters.response.informational(headers);
  }
  decodeHeaders(headers: Headers, endStream: boolean): void {
    this.filters.response.begin(headers, endStream, this.streamInfo.responseCodeDetails);
  }
  decodeData(chunk: Uint8Array, endStream: boolean): void {
    this.filters.response.data(undefined, chunk, endStream);
  }
  decodeTrailers(trailers: Headers): void {
    this.filters.response.end(undefined, trailers);
  }
  onReset(reason: StreamResetReason, transportFailure: string): void {
    this.end();
    this.waiter.response.onReset(reason, transportFailure);
  }

  // ── the filters' stream ─────────────────────────────────────────────────────────────────────────────────────────────

  get streamId(): number {
    return this.stream.streamId;
  }
  get streamInfo(): RequestStreamInfo {
    return this.stream.streamInfo;
  }
  get connection(): ConnectionInfo {
    return this.stream.connection;
  }
  get clock(): Clock {
    return this.stream.clock;
  }
  get timers(): Timers {
    return this.stream.timers;
  }
  get random(): Random {
    return this.stream.random;
  }
  get bufferLimitBytes(): number {
    return this.callbacks.bufferLimitBytes();
  }
  route(): RouteEntry | undefined {
    return this.stream.route();
  }
  /** The request is on its route already. */
  clearRouteCache(): void {}
  /** A host is chosen already. */
  recreate(): boolean {
    return false;
  }

  writeInformational(headers: Headers): void {
    this.waiter.response.decode1xxHeaders(headers);
  }
  writeHeaders(headers: Headers, endStream: boolean): void {
    this.waiter.response.decodeHeaders(headers, endStream);
  }
  writeData(chunk: Uint8Array, endStream: boolean): void {
    this.waiter.response.decodeData(chunk, endStream);
  }
  writeTrailers(trailers: Headers): void {
    this.waiter.response.decodeTrailers(trailers);
  }

  abort(): void {
    this.reset();
    this.waiter.response.onReset("local reset", "");
  }

  answer(
    status: number,
    body: string,
    details: string,
    modify?: (headers: HeaderMap) => void,
    grpcStatus?: number,
  ): void {
    this.callbacks.sendLocalReply(status, body, details, modify, grpcStatus);
  }

  /** The request's source is the router's. */
  readDisable(hold: boolean): void {
    this.pausedRequest += hold ? 1 : -1;
    if (hold) this.callbacks.pauseRequest();
    else this.callbacks.resumeRequest();
  }

  holdResponse(hold: boolean): void {
    this.encoder?.readDisable(hold);
  }

  /** The router pauses the codec itself. */
  setWatermarkCallbacks(): void {}
  refuseReuse(): void {
    this.stream.refuseReuse();
  }
  leaveUnread(): void {
    this.stream.refuseReuse();
  }
  beforeLocalReply(): void {}
  onTooLarge(): void {}
  finalizeLocalReply(): void {}
  rewriteLocalReply(): undefined {
    return undefined;
  }

  onFilterBug(error: unknown): void {
    throw error;
  }

  /** Filters may hear of nothing any more; what they held back is let go. */
  end(): void {
    this.encoder = undefined;
    this.held = undefined;
    this.filters.destroy();
    while (this.pausedRequest > 0) this.readDisable(false);
  }
}

/** The router's end of a try: what it sends passes the filters, all else is the codec's. */
class FilteredEncoder implements RequestEncoder {
  private readonly exchange: FilteredExchange;

  constructor(exchange: FilteredExchange) {
    this.exchange = exchange;
  }

  get protocol(): RequestEncoder["protocol"] {
    return this.exchange.codec?.protocol ?? "";
  }

  encodeHeaders(headers: Headers, endStream: boolean): void {
    this.exchange.sendHeaders(headers, endStream);
  }
  encodeData(chunk: Uint8Array, endStream: boolean): void {
    this.exchange.sendData(chunk, endStream);
  }
  encodeTrailers(trailers: Headers): void {
    this.exchange.sendTrailers(trailers);
  }
  endsConnection(): void {
    this.exchange.codec?.endsConnection();
  }
  reset(): void {
    this.exchange.reset();
  }
  readDisable(disable: boolean): void {
    this.exchange.codec?.readDisable(disable);
  }
  addWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.exchange.codec?.addWatermarkCallbacks(callbacks);
  }
  removeWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.exchange.codec?.removeWatermarkCallbacks(callbacks);
  }
  get bufferedBytes(): number {
    return this.exchange.heldBytes + (this.exchange.codec?.bufferedBytes ?? 0);
  }
}
