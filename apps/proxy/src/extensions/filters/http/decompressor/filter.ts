import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
} from "@sluice/extension-api";
import type { Decompressor as DecompressorMessage } from "@sluice/xds/gen/envoy/extensions/filters/http/decompressor/v3/decompressor_pb.js";
import {
  type BodyDirection,
  requestDirection,
  responseDirection,
} from "../../../../compression/coded-body.ts";
import { hasHeaderToken } from "../../../../compression/direction-headers.ts";
import { asHttpContext } from "../../../../http-filter/filter-chain-config.ts";
import { compileDecompressor, type DecompressorConfig, type DirectionConfig } from "./config.ts";
import { advertiseEncoding, removeFirstEncoding, startsWithEncoding } from "./content-encoding.ts";
import { DecompressedBody } from "./decompressed-body.ts";

class DecompressorFilter extends PassThroughFilter {
  private readonly config: DecompressorConfig;
  private request: DecompressedBody | undefined = undefined;
  private response: DecompressedBody | undefined = undefined;

  constructor(config: DecompressorConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus {
    const { request, response, advertises, library } = this.config;
    if (advertises && response.enabled()) advertiseEncoding(headers, library.contentEncoding);
    if (!endStream) this.request = this.begin(headers, request, () => requestDirection(this.decoding));
    return FilterHeadersStatus.Continue;
  }
  override decodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    const { request } = this;
    if (request === undefined) return FilterDataStatus.Continue;
    return request.onData(chunk, endStream, () => this.decoding.addDecodedTrailers());
  }
  override decodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    return this.request?.onTrailers(trailers) ?? FilterTrailersStatus.Continue;
  }

  override encodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus {
    const { response } = this.config;
    if (!endStream) this.response = this.begin(headers, response, () => responseDirection(this.encoding));
    return FilterHeadersStatus.Continue;
  }
  override encodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    const { response } = this;
    if (response === undefined) return FilterDataStatus.Continue;
    return response.onData(chunk, endStream, () => this.encoding.addEncodedTrailers());
  }
  override encodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    return this.response?.onTrailers(trailers) ?? FilterTrailersStatus.Continue;
  }

  override onDestroy(): void {
    this.request?.destroy();
    this.response?.destroy();
  }

  /** `undefined`: the message stays as it is. */
  private begin(
    headers: HeaderMap,
    direction: DirectionConfig,
    behind: () => BodyDirection,
  ): DecompressedBody | undefined {
    const { config } = this;
    if (
      !direction.enabled() ||
      (!direction.ignoreNoTransform && hasHeaderToken(headers, "cache-control", "no-transform")) ||
      !startsWithEncoding(headers, config.library.contentEncoding)
    ) {
      direction.stats.notDecompressed.inc();
      return undefined;
    }
    direction.stats.decompressed.inc();
    removeFirstEncoding(headers);
    return new DecompressedBody(config, behind(), direction.stats);
  }
}

export const decompressorFactory: HttpFilterFactory<DecompressorConfig> = {
  terminal: false,
  compile: (config, context) => compileDecompressor(asConfig(config), asHttpContext(context)),
  create: (config) => new DecompressorFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): DecompressorMessage {
  return message as DecompressorMessage;
}
