import {
  type DecoderCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  type StreamFilter,
} from "@sluice/extension-api";
import type {
  HeaderMutation,
  HeaderMutationPerRoute,
} from "@sluice/xds/gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.js";
import type { FormatContext } from "../../../../formatter/format-context.ts";
import { formatSources } from "../../../../http-filter/format-sources.ts";
import { applyHeaderEdits } from "../../../../route/header-edits.ts";
import { applyQueryEdits } from "../../../../route/query-edits.ts";
import {
  type CompiledMutations,
  compileHeaderMutation,
  compileHeaderMutationPerRoute,
  type HeaderMutationConfig,
} from "./config.ts";

type HeaderPart = Exclude<keyof CompiledMutations, "query">;

class HeaderMutationFilter implements StreamFilter {
  private readonly config: HeaderMutationConfig;
  private callbacks: DecoderCallbacks | undefined = undefined;
  private request: HeaderMap | undefined = undefined;
  private response: HeaderMap | undefined = undefined;
  private responseTrailers: HeaderMap | undefined = undefined;
  /** Of the route, in the order in which they are applied; the request's route holds for the response too. */
  private perRoute: readonly CompiledMutations[] | undefined = undefined;

  constructor(config: HeaderMutationConfig) {
    this.config = config;
  }

  setDecoderCallbacks(callbacks: DecoderCallbacks): void {
    this.callbacks = callbacks;
  }
  setEncoderCallbacks(): void {}

  decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    this.request = headers;
    this.apply("request", headers);
    this.applyQuery(headers);
    return FilterHeadersStatus.Continue;
  }
  decodeData(): FilterDataStatus {
    return FilterDataStatus.Continue;
  }
  decodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    this.apply("requestTrailers", trailers);
    return FilterTrailersStatus.Continue;
  }

  encodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    this.response = headers;
    this.apply("response", headers);
    return FilterHeadersStatus.Continue;
  }
  encodeData(): FilterDataStatus {
    return FilterDataStatus.Continue;
  }
  encodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    this.responseTrailers = trailers;
    this.apply("responseTrailers", trailers);
    return FilterTrailersStatus.Continue;
  }

  onDestroy(): void {
    this.callbacks = undefined;
  }

  private context(callbacks: DecoderCallbacks): FormatContext {
    const { request, response, responseTrailers } = this;
    return { request, response, responseTrailers, ...formatSources(callbacks) };
  }

  private applyQuery(headers: HeaderMap): void {
    const { callbacks, config } = this;
    if (callbacks === undefined) return;
    const context = this.context(callbacks);
    applyQueryEdits(config.mutations.query, headers, context);
    for (const { query } of this.perRoute ?? []) applyQueryEdits(query, headers, context);
  }

  private apply(part: HeaderPart, headers: HeaderMap): void {
    const { callbacks, config } = this;
    if (callbacks === undefined) return;
    const context = this.context(callbacks);
    applyHeaderEdits(config.mutations[part], headers, context);
    this.perRoute ??= this.routeMutations(callbacks);
    for (const mutations of this.perRoute) applyHeaderEdits(mutations[part], headers, context);
  }

  private routeMutations(callbacks: DecoderCallbacks): readonly CompiledMutations[] {
    const leastFirst = callbacks.allPerRouteConfigs<CompiledMutations>();
    return this.config.mostSpecificWins ? leastFirst : leastFirst.toReversed();
  }
}

export const headerMutationFactory: HttpFilterFactory<HeaderMutationConfig, CompiledMutations> = {
  terminal: false,
  compile: (config) => compileHeaderMutation(asConfig(config)),
  compilePerRoute: (config) => compileHeaderMutationPerRoute(asPerRoute(config)),
  create: (config) => new HeaderMutationFilter(config),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): HeaderMutation {
  return message as HeaderMutation;
}
/** … and of its `perRouteConfigTypes`. */
function asPerRoute(message: unknown): HeaderMutationPerRoute {
  return message as HeaderMutationPerRoute;
}
