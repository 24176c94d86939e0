import type {
  Clock,
  ConnectionInfo,
  DecoderCallbacks,
  EncoderCallbacks,
  HeaderMap,
  MatchedRoute,
  Random,
  ResponseFlag,
  StreamDecoderFilter,
  StreamEncoderFilter,
  StreamInfo,
  Timers,
  UpstreamOverrideHost,
  WatermarkCallbacks,
} from "@sluice/extension-api";
import type { MatcherTree } from "@sluice/matching";
import { asHeaders } from "../http/header-map.ts";
import { DirectionState, NO_DIRECTION } from "./direction-state.ts";
import type { SkipFilter } from "./filter-chain-config.ts";
import type { FilterManager } from "./filter-manager.ts";

/** A filter in a stream's chain: its two states, and the callbacks that it was given. */
export class ActiveFilter implements DecoderCallbacks, EncoderCallbacks {
  readonly manager: FilterManager;
  readonly name: string;
  readonly index: number;
  readonly decoder: StreamDecoderFilter | undefined;
  readonly encoder: StreamEncoderFilter | undefined;
  readonly decoding: DirectionState;
  readonly encoding: DirectionState;

  constructor(
    manager: FilterManager,
    name: string,
    index: number,
    decoder: StreamDecoderFilter | undefined,
    encoder: StreamEncoderFilter | undefined,
  ) {
    this.manager = manager;
    this.name = name;
    this.index = index;
    this.decoder = decoder;
    this.encoder = encoder;
    this.decoding = decoder === undefined ? NO_DIRECTION : new DirectionState();
    this.encoding = encoder === undefined ? NO_DIRECTION : new DirectionState();
  }

  get filterConfigName(): string {
    return this.name;
  }
  get streamId(): number {
    return this.manager.host.streamId;
  }
  get streamInfo(): StreamInfo {
    return this.manager.host.streamInfo;
  }
  get connection(): ConnectionInfo {
    return this.manager.host.connection;
  }
  get clock(): Clock {
    return this.manager.host.clock;
  }
  get timers(): Timers {
    return this.manager.host.timers;
  }
  get random(): Random {
    return this.manager.host.random;
  }

  route(): MatchedRoute | undefined {
    return this.manager.host.route();
  }

  clearRouteCache(): void {
    this.manager.host.clearRouteCache();
  }

  perRouteConfig<T>(): T | undefined {
    const levels = this.manager.host.route()?.levels;
    if (levels === undefined) return undefined;
    for (let i = levels.length - 1; i >= 0; i--) {
      const found = levels[i]?.get(this.name);
      if (found?.config !== undefined) return asConfig<T>(found.config);
      // As in Envoy, what a level says of the matcher hides what others say of the filter.
      if (found?.matcher !== undefined) return undefined;
    }
    return undefined;
  }

  /** What the most specific level of the route that says something of this filter says of the matcher before it. */
  routeMatcher(): MatcherTree<SkipFilter> | undefined {
    const levels = this.manager.host.route()?.levels ?? [];
    const nearest = levels.findLast((level) => level.has(this.name));
    return nearest?.get(this.name)?.matcher;
  }

  allPerRouteConfigs<T>(): readonly T[] {
    const found: T[] = [];
    for (const level of this.manager.host.route()?.levels ?? []) {
      const config = level.get(this.name)?.config;
      if (config !== undefined) found.push(asConfig<T>(config));
    }
    return found;
  }

  resetStream(): void {
    this.manager.host.abort();
  }

  bufferLimitBytes(): number {
    return this.manager.host.bufferLimitBytes;
  }

  continueDecoding(): void {
    this.manager.request.continueFrom(this);
  }

  decodingBuffer(): Uint8Array | undefined {
    return this.manager.request.bufferedBody();
  }

  setDecodingBuffer(body: Uint8Array): void {
    this.manager.request.setBufferedBody(body);
  }

  setDecoderBufferLimit(bytes: number): void {
    this.manager.request.bytesMax = bytes;
  }

  decoderBufferLimit(): number {
    return this.manager.request.bytesMax ?? this.manager.host.bufferLimitBytes;
  }

  addDecodedData(chunk: Uint8Array, streaming: boolean): void {
    this.manager.request.addData(this, chunk, streaming);
  }

  injectDecodedData(chunk: Uint8Array, endStream: boolean): void {
    this.manager.request.injectData(this, chunk, endStream);
  }

  addDecodedTrailers(): HeaderMap {
    return this.manager.request.addTrailers();
  }

  sendLocalReply(
    status: number,
    body: string,
    details: string,
    modify?: (headers: HeaderMap) => void,
    grpcStatus?: number,
    flag?: ResponseFlag,
  ): void {
    this.manager.sendLocalReply(status, body, details, modify, grpcStatus, flag);
  }

  encode1xxHeaders(headers: HeaderMap): void {
    this.manager.response.informational(asHeaders(headers));
  }

  encodeHeaders(headers: HeaderMap, endStream: boolean, details: string): void {
    this.manager.response.begin(asHeaders(headers), endStream, details);
  }

  encodeData(chunk: Uint8Array, endStream: boolean): void {
    this.manager.response.data(undefined, chunk, endStream);
  }

  encodeTrailers(trailers: HeaderMap): void {
    this.manager.response.end(undefined, asHeaders(trailers));
  }

  pauseRequest(): void {
    this.manager.host.readDisable(true);
  }

  resumeRequest(): void {
    this.manager.host.readDisable(false);
  }

  setDownstreamWatermarkCallbacks(callbacks: WatermarkCallbacks | undefined): void {
    this.manager.host.setWatermarkCallbacks(callbacks);
  }

  setUpstreamOverrideHost(host: UpstreamOverrideHost | undefined): void {
    this.manager.host.overrideHost = host;
  }

  recreateStream(): boolean {
    return this.manager.host.recreate();
  }

  continueEncoding(): void {
    this.manager.response.continueFrom(this);
  }

  encodingBuffer(): Uint8Array | undefined {
    return this.manager.response.bufferedBody();
  }

  setEncodingBuffer(body: Uint8Array): void {
    this.manager.response.setBufferedBody(body);
  }

  addEncodedData(chunk: Uint8Array, streaming: boolean): void {
    this.manager.response.addData(this, chunk, streaming);
  }

  injectEncodedData(chunk: Uint8Array, endStream: boolean): void {
    this.manager.response.injectData(this, chunk, endStream);
  }

  addEncodedTrailers(): HeaderMap {
    return this.manager.response.addTrailers();
  }

  pauseResponse(): void {
    this.manager.host.holdResponse(true);
  }

  resumeResponse(): void {
    this.manager.host.holdResponse(false);
  }
}

/** What a manifest's `compilePerRoute` made is what its own filter asks for. */
function asConfig<T>(config: unknown): T {
  return config as T;
}
