import {
  type DecoderCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
} from "@sluice/extension-api";
import type {
  Compressor as CompressorMessage,
  CompressorPerRoute,
} from "@sluice/xds/gen/envoy/extensions/filters/http/compressor/v3/compressor_pb.js";
import { requestDirection, responseDirection } from "../../../../compression/coded-body.ts";
import type { Compressor } from "../../../../compression/compression-library.ts";
import { isUpgrade } from "../../../../compression/direction-headers.ts";
import { asHttpContext } from "../../../../http-filter/filter-chain-config.ts";
import { type ChainMember, type ChainRegistry, chainRegistryOf } from "./chain-registry.ts";
import { CompressedBody } from "./compressed-body.ts";
import {
  type CompressorConfig,
  type CompressorRouteConfig,
  compileCompressor,
  compileCompressorPerRoute,
} from "./config.ts";
import { contentTypeOf } from "./content-types.ts";
import { isLongEnough, isTransferEncodingAllowed, isTypeAllowed, judgeResponse } from "./judge-response.ts";
import { markCompressed, markVary, reportStatus } from "./response-headers.ts";

class CompressorFilter extends PassThroughFilter {
  private readonly config: CompressorConfig;
  /** This filter, as the chain's others see it. */
  private readonly member: ChainMember;
  private chain: ChainRegistry | undefined = undefined;
  private route: CompressorRouteConfig | undefined = undefined;
  private library: Compressor;
  private acceptEncoding: string | undefined = undefined;
  private request: CompressedBody | undefined = undefined;
  private response: CompressedBody | undefined = undefined;

  constructor(config: CompressorConfig) {
    super();
    this.config = config;
    this.library = config.library;
    this.member = {
      encoding: config.library.contentEncoding,
      chooseFirst: config.chooseFirst,
      contentTypes: config.response.contentTypes,
    };
  }

  override setDecoderCallbacks(callbacks: DecoderCallbacks): void {
    super.setDecoderCallbacks(callbacks);
    this.chain = chainRegistryOf(callbacks.streamInfo);
    this.chain.add(this.member);
  }

  override decodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus {
    const { request, response } = this.config;
    this.readRoute();
    this.acceptEncoding = headers.getAll("accept-encoding");
    if (this.responseEnabled() && (this.route?.removeAcceptEncoding ?? response.removeAcceptEncoding)) {
      headers.remove("accept-encoding");
    }
    const encoding = this.library.contentEncoding;
    const compress =
      !endStream &&
      request.enabled() &&
      !isUpgrade(headers) &&
      isLongEnough(headers, request) &&
      isTypeAllowed(headers, request) &&
      !headers.has("content-encoding") &&
      isTransferEncodingAllowed(headers, encoding);
    if (!compress) {
      request.stats.notCompressed.inc();
      return FilterHeadersStatus.Continue;
    }
    headers.remove("content-length");
    headers.set("content-encoding", encoding);
    request.stats.compressed.inc();
    this.request = new CompressedBody(this.library, requestDirection(this.decoding), request.stats);
    return FilterHeadersStatus.Continue;
  }

  override decodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    return this.request?.onData(chunk, endStream) ?? FilterDataStatus.Continue;
  }
  override decodeTrailers(): FilterTrailersStatus {
    return this.request?.onTrailers() ?? FilterTrailersStatus.Continue;
  }

  override encodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus {
    const { response } = this.config;
    this.readRoute();
    const encoding = this.library.contentEncoding;
    const verdict = judgeResponse(headers, endStream, response, this.responseEnabled(), encoding, () =>
      this.isChosen(headers),
    );
    if (verdict.refusal !== undefined) reportStatus(headers, encoding, verdict.refusal);
    if (verdict.compress) {
      markCompressed(headers, encoding, response);
      response.stats.compressed.inc();
      this.response = new CompressedBody(this.library, responseDirection(this.encoding), response.stats);
    } else response.stats.notCompressed.inc();
    if (verdict.vary) markVary(headers);
    return FilterHeadersStatus.Continue;
  }

  override encodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    return this.response?.onData(chunk, endStream) ?? FilterDataStatus.Continue;
  }
  override encodeTrailers(): FilterTrailersStatus {
    return this.response?.onTrailers() ?? FilterTrailersStatus.Continue;
  }

  override onDestroy(): void {
    this.request?.destroy();
    this.response?.destroy();
  }

  /** The route may be another one when the response comes, and a local reply may come before the request. */
  private readRoute(): void {
    this.route = this.decoding.perRouteConfig<CompressorRouteConfig>();
    this.library = this.route?.library ?? this.config.library;
  }

  private responseEnabled(): boolean {
    return this.route?.responseEnabled ?? this.config.response.enabled();
  }

  private isChosen(headers: HeaderMap): boolean {
    const { negotiation } = this.config.response;
    if (this.acceptEncoding === undefined || this.chain === undefined) {
      negotiation.noAcceptHeader.inc();
      return false;
    }
    const { contentEncoding } = this.library;
    const type = contentTypeOf(headers);
    const choice = this.chain.choose(this.acceptEncoding, type, this.member, contentEncoding);
    const chosen = choice.encoding === contentEncoding;
    if (choice.reason === "named") {
      (chosen ? negotiation.headerCompressorUsed : negotiation.headerCompressorOvershadowed).inc();
    } else if (choice.reason === "identity") negotiation.headerIdentity.inc();
    else if (choice.reason === "wildcard") negotiation.headerWildcard.inc();
    else negotiation.headerNotValid.inc();
    return chosen;
  }
}

export const compressorFactory: HttpFilterFactory<CompressorConfig, CompressorRouteConfig> = {
  terminal: false,
  compile: (config, context) => compileCompressor(asConfig(config), asHttpContext(context)),
  compilePerRoute: (config, context) =>
    compileCompressorPerRoute(asRouteConfig(config), asHttpContext(context)),
  create: (config) => new CompressorFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): CompressorMessage {
  return message as CompressorMessage;
}
function asRouteConfig(message: unknown): CompressorPerRoute {
  return message as CompressorPerRoute;
}
