import {
  type ConnectionInfo,
  type DecoderCallbacks,
  type EncoderCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  type Runtime,
  type StreamDecoderFilter,
  type StreamEncoderFilter,
  type StreamFilter,
  type StreamInfo,
} from "@sluice/extension-api";
import { INSUFFICIENT_DATA, type MatcherTree } from "@sluice/matching";
import { ActiveFilter } from "./active-filter.ts";
import type { SkipFilter } from "./filter-chain-config.ts";
import { isDecoder, isEncoder } from "./filter-direction.ts";
import { type MatchedStream, StreamMatchingData } from "./stream-matching-data.ts";

export const SKIP_FILTER: SkipFilter = Object.freeze({ kind: "skip" });

export interface MatchedFilterConfig {
  /** `undefined`: without a matcher, as in Envoy, the filter is left out. */
  readonly tree: MatcherTree<SkipFilter> | undefined;
  readonly factory: HttpFilterFactory;
  readonly config: unknown;
  readonly runtime: Runtime;
}

/**
 * A filter with a matcher before it (envoy.extensions.common.matching.v3.ExtensionWithMatcher). The tree is asked as data
 * arrives until it is certain; from then on a filter that is to be skipped sees nothing of the stream. A route may have a tree of its
 * own (ExtensionWithMatcherPerRoute).
 */
export class MatchedFilter implements StreamFilter, MatchedStream {
  request: HeaderMap | undefined = undefined;
  response: HeaderMap | undefined = undefined;
  responseTrailers: HeaderMap | undefined = undefined;
  private readonly inner: StreamFilter | StreamDecoderFilter | StreamEncoderFilter;
  private readonly decoder: StreamDecoderFilter | undefined;
  private readonly encoder: StreamEncoderFilter | undefined;
  private tree: MatcherTree<SkipFilter> | undefined;
  private readonly data: StreamMatchingData;
  private callbacks: DecoderCallbacks | EncoderCallbacks | undefined = undefined;
  private decided = false;
  private skips = false;

  constructor({ tree, factory, config, runtime }: MatchedFilterConfig) {
    this.tree = tree;
    this.inner = factory.create(config);
    this.decoder = isDecoder(this.inner) ? this.inner : undefined;
    this.encoder = isEncoder(this.inner) ? this.inner : undefined;
    this.data = new StreamMatchingData(this, runtime);
  }

  get connection(): ConnectionInfo {
    return this.known().connection;
  }
  get streamInfo(): StreamInfo {
    return this.known().streamInfo;
  }
  get routeMetadata(): Readonly<Record<string, unknown>> | undefined {
    return this.known().route()?.metadata;
  }
  get virtualHostMetadata(): Readonly<Record<string, unknown>> | undefined {
    return this.known().route()?.virtualHostMetadata;
  }

  setDecoderCallbacks(callbacks: DecoderCallbacks): void {
    this.callbacks = callbacks;
    this.decoder?.setDecoderCallbacks(callbacks);
  }
  setEncoderCallbacks(callbacks: EncoderCallbacks): void {
    this.callbacks ??= callbacks;
    this.encoder?.setEncoderCallbacks(callbacks);
  }

  decodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus {
    this.request = headers;
    if (this.callbacks instanceof ActiveFilter) this.tree = this.callbacks.routeMatcher() ?? this.tree;
    this.decide();
    const { decoder } = this;
    if (this.skips || decoder === undefined) return FilterHeadersStatus.Continue;
    return decoder.decodeHeaders(headers, endStream);
  }
  decodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    const { decoder } = this;
    return this.skips || decoder === undefined
      ? FilterDataStatus.Continue
      : decoder.decodeData(chunk, endStream);
  }
  decodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    const { decoder } = this;
    return this.skips || decoder === undefined
      ? FilterTrailersStatus.Continue
      : decoder.decodeTrailers(trailers);
  }
  decodeComplete(): void {
    if (!this.skips) this.decoder?.decodeComplete?.();
  }

  encode1xxHeaders(headers: HeaderMap): FilterHeadersStatus {
    if (this.skips) return FilterHeadersStatus.Continue;
    return this.encoder?.encode1xxHeaders?.(headers) ?? FilterHeadersStatus.Continue;
  }
  encodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus {
    this.response = headers;
    this.decide();
    const { encoder } = this;
    if (this.skips || encoder === undefined) return FilterHeadersStatus.Continue;
    return encoder.encodeHeaders(headers, endStream);
  }
  encodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    const { encoder } = this;
    return this.skips || encoder === undefined
      ? FilterDataStatus.Continue
      : encoder.encodeData(chunk, endStream);
  }
  encodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    this.responseTrailers = trailers;
    this.decide();
    const { encoder } = this;
    return this.skips || encoder === undefined
      ? FilterTrailersStatus.Continue
      : encoder.encodeTrailers(trailers);
  }
  encodeComplete(): void {
    if (!this.skips) this.encoder?.encodeComplete?.();
  }

  onDestroy(): void {
    this.inner.onDestroy();
  }

  private decide(): void {
    if (this.decided) return;
    const answer = this.tree === undefined ? SKIP_FILTER : this.tree.match(this.data);
    if (answer === INSUFFICIENT_DATA) return;
    this.decided = true;
    this.skips = answer?.kind === "skip";
  }

  /** Callbacks are set before anything arrives. */
  private known(): DecoderCallbacks | EncoderCallbacks {
    if (this.callbacks === undefined) throw new Error("a filter without callbacks");
    return this.callbacks;
  }
}
