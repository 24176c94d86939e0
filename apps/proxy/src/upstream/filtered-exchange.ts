import {
  type Clock,
  type ConnectionInfo,
  type DecoderCallbacks,
  type HeaderMap,
  type Random,
  ResponseFlag,
  type Timers,
  type UpstreamOverrideHost,
  type WatermarkCallbacks,
} from "@sluice/extension-api";
import type { ByteMeter } from "../http/byte-meter.ts";
import type { RequestEncoder, ResponseStream, StreamResetReason } from "../http/codec.ts";
import type { Headers } from "../http/header-map.ts";
import type { RequestStreamInfo } from "../http/request-stream-info.ts";
import { isMissing } from "../http-filter/discovered-filter.ts";
import type { HttpFilterConfig } from "../http-filter/filter-chain-config.ts";
import { filterIsOn } from "../http-filter/filter-is-on.ts";
import { FilterManager } from "../http-filter/filter-manager.ts";
import type { StreamHost } from "../http-filter/stream-host.ts";
import type { RouteEntry } from "../route/route-entry.ts";
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
}

/** What the filters ask of whoever sends the request. */
export type FilteredCallbacks = Pick<
  DecoderCallbacks,
  "bufferLimitBytes" | "sendLocalReply" | "pauseRequest" | "resumeRequest"
>;

/** What stands between a router and a pool: upstream HTTP filters, their own instances for each try. */
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
    const exchange = new FilteredExchange(waiter, this.chain, this.stream, this.callbacks, () =>
      this.waiting.delete(waiter),
    );
    this.waiting.set(waiter, exchange);
    this.pool.newStream(exchange);
    // As in Envoy: nobody waits for a connection only to hear this.
    if (this.waiting.has(waiter) && exchange.lacksFilter()) {
      this.stream.streamInfo.setResponseFlag(ResponseFlag.NoFilterConfigFound);
      this.callbacks.sendLocalReply(500, "", "");
    }
  }

  cancel(waiter: PoolWaiter): void {
    const exchange = this.waiting.get(waiter);
    if (exchange === undefined) return;
    this.waiting.delete(waiter);
    this.pool.cancel(exchange);
  }

  /** The pool behind it is its host's. */
  drain(): void {}
}

/** One try with its filters: what the router sends passes them to the codec, what the codec receives passes them back. */
export class FilteredExchange implements PoolWaiter, ResponseStream, StreamHost {
  readonly highPriority: boolean;
  requestHeaders: Headers | undefined = undefined;
  overrideHost: UpstreamOverrideHost | undefined = undefined;
  private readonly waiter: PoolWaiter;
  private readonly chain: readonly HttpFilterConfig[];
  private readonly stream: FilteredStream;
  private readonly callbacks: FilteredCallbacks;
  private readonly onSettled: () => void;
  private readonly filters = new FilterManager(this);
  private encoder: RequestEncoder | undefined = undefined;
  private pausedRequest = 0;

  constructor(
    waiter: PoolWaiter,
    chain: readonly HttpFilterConfig[],
    stream: FilteredStream,
    callbacks: FilteredCallbacks,
    onSettled: () => void,
  ) {
    this.waiter = waiter;
    this.highPriority = waiter.highPriority;
    this.chain = chain;
    this.stream = stream;
    this.callbacks = callbacks;
    this.onSettled = onSettled;
  }

  /** Where the last filter sends the request on. */
  get codec(): RequestEncoder | undefined {
    return this.encoder;
  }

  // ── the pool's waiter ───────────────────────────────────────────────────────────────────────────────────────────────

  get response(): ResponseStream {
    return this;
  }

  get meter(): ByteMeter | undefined {
    return this.waiter.response.meter;
  }

  onReady(encoder: RequestEncoder, connection: ConnectionInfo): void {
    this.onSettled();
    this.encoder = encoder;
    this.filters.createChain(this.chain, (filter) => this.isOn(filter));
    this.waiter.onReady(new FilteredEncoder(this, encoder), connection);
  }

  private isOn(filter: HttpFilterConfig): boolean {
    return filterIsOn(filter, this.stream.route()?.levels);
  }

  /** One of its filters has no configuration (yet). */
  lacksFilter(): boolean {
    return this.chain.some((filter) => isMissing(filter) && this.isOn(filter));
  }

  onFailure(reason: StreamResetReason, transportFailure: string, beforeHost = false): void {
    this.onSettled();
    this.waiter.onFailure(reason, transportFailure, beforeHost);
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
    encoder?.reset();
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
  refuseReuse(): void {}
  beforeLocalReply(): void {}
  onTooLarge(): void {}
  rewriteLocalReply(): undefined {
    return undefined;
  }

  onFilterBug(error: unknown): void {
    throw error;
  }

  /** Filters may hear of nothing any more; what they held back is let go. */
  private end(): void {
    this.encoder = undefined;
    this.filters.destroy();
    while (this.pausedRequest > 0) this.readDisable(false);
  }
}

/** The router's end of a try: what it sends passes the filters, all else is the codec's. */
class FilteredEncoder implements RequestEncoder {
  readonly protocol: RequestEncoder["protocol"];
  private readonly exchange: FilteredExchange;
  private readonly codec: RequestEncoder;

  constructor(exchange: FilteredExchange, codec: RequestEncoder) {
    this.protocol = codec.protocol;
    this.exchange = exchange;
    this.codec = codec;
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
    this.codec.endsConnection();
  }
  reset(): void {
    this.exchange.reset();
  }
  readDisable(disable: boolean): void {
    this.codec.readDisable(disable);
  }
  addWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.codec.addWatermarkCallbacks(callbacks);
  }
  removeWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.codec.removeWatermarkCallbacks(callbacks);
  }
  get bufferedBytes(): number {
    return this.exchange.heldBytes + this.codec.bufferedBytes;
  }
}
