import {
  type DecoderCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  type StreamDecoderFilter,
} from "@sluice/extension-api";
import type {
  Buffer,
  BufferPerRoute,
} from "@sluice/xds/gen/envoy/extensions/filters/http/buffer/v3/buffer_pb.js";
import { type BufferConfig, compileBuffer, compileBufferPerRoute } from "./config.ts";

class BufferFilter implements StreamDecoderFilter {
  private readonly config: BufferConfig;
  private callbacks: DecoderCallbacks | undefined = undefined;
  private headers: HeaderMap | undefined = undefined;
  private max: number | undefined = undefined;
  private bytes = 0;

  constructor(config: BufferConfig) {
    this.config = config;
  }

  setDecoderCallbacks(callbacks: DecoderCallbacks): void {
    this.callbacks = callbacks;
  }

  decodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus {
    if (endStream) return FilterHeadersStatus.Continue;
    this.headers = headers;
    this.max = (this.callbacks?.perRouteConfig<BufferConfig>() ?? this.config).requestBytesMax;
    if (this.max === undefined) return FilterHeadersStatus.Continue;
    this.callbacks?.setDecoderBufferLimit(this.max);
    return FilterHeadersStatus.StopIteration;
  }

  decodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    if (this.max === undefined) return FilterDataStatus.Continue;
    this.bytes += chunk.length;
    if (!endStream) return FilterDataStatus.StopIterationAndBuffer;
    this.addLength();
    return FilterDataStatus.Continue;
  }

  decodeTrailers(): FilterTrailersStatus {
    if (this.max !== undefined) this.addLength();
    return FilterTrailersStatus.Continue;
  }

  onDestroy(): void {
    this.callbacks = undefined;
  }

  /** The whole body is known: it goes on with its length instead of in chunks. */
  private addLength(): void {
    const { headers } = this;
    if (headers === undefined || headers.has("content-length")) return;
    headers.remove("transfer-encoding");
    headers.set("content-length", String(this.bytes));
  }
}

export const bufferFactory: HttpFilterFactory<BufferConfig, BufferConfig> = {
  terminal: false,
  compile: (config) => compileBuffer(asConfig(config)),
  compilePerRoute: (config) => compileBufferPerRoute(asPerRoute(config)),
  create: (config) => new BufferFilter(config),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): Buffer {
  return message as Buffer;
}
/** … and of its `perRouteConfigTypes`. */
function asPerRoute(message: unknown): BufferPerRoute {
  return message as BufferPerRoute;
}
