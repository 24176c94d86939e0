import { type Compiled, compiledBelow, type Problem, refuse, type StatsScope } from "@sluice/extension-api";
import type { TypedExtensionConfig } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import type {
  Compressor as CompressorMessage,
  CompressorPerRoute,
  Compressor_CommonDirectionConfig as DirectionMessage,
} from "@sluice/xds/gen/envoy/extensions/filters/http/compressor/v3/compressor_pb.js";
import type { Compressor } from "../../../../compression/compression-library.ts";
import type { HttpFactoryContext } from "../../../../http-filter/filter-chain-config.ts";
import { resolveExtension } from "../../../../registry/resolve-extension.ts";
import { compileFeatureFlag } from "../../../../runtime/feature-flag.ts";
import { type ContentTypes, compileContentTypes } from "./content-types.ts";
import {
  createDirectionStats,
  createNegotiationStats,
  type DirectionStats,
  type NegotiationStats,
} from "./stats.ts";

export interface DirectionConfig {
  readonly enabled: () => boolean;
  /** Messages whose `content-length` is below are left as they are. */
  readonly minContentLength: number;
  readonly contentTypes: ContentTypes;
  readonly stats: DirectionStats;
}

export interface ResponseConfig extends DirectionConfig {
  /** An `etag` keeps a response as it is. */
  readonly disableOnEtag: boolean;
  /** A strong `etag` becomes a weak one; else it is removed. */
  readonly weakenEtag: boolean;
  readonly removeAcceptEncoding: boolean;
  readonly uncompressibleCodes: ReadonlySet<string>;
  readonly statusHeader: boolean;
  readonly negotiation: NegotiationStats;
}

export interface CompressorConfig {
  readonly library: Compressor;
  readonly chooseFirst: boolean;
  readonly request: DirectionConfig;
  readonly response: ResponseConfig;
}

/** Each `undefined`: as the filter has it. */
export interface CompressorRouteConfig {
  readonly responseEnabled: boolean | undefined;
  readonly removeAcceptEncoding: boolean | undefined;
  readonly library: Compressor | undefined;
}

const MIN_CONTENT_LENGTH = 30;

export function compileCompressor(
  config: CompressorMessage,
  context: HttpFactoryContext,
): Compiled<CompressorConfig> {
  const { compressorLibrary, requestDirectionConfig, responseDirectionConfig: response } = config;
  const library = compileLibrary(compressorLibrary, context);
  if (!library.ok) return library;
  const scope = context.stats
    .scope("compressor")
    .scope(compressorLibrary?.name ?? "")
    .scope(library.value.statPrefix);
  const problems: Problem[] = [];
  const requests = compileDirection(
    requestDirectionConfig?.commonConfig,
    "request_direction_config.common_config",
    scope.scope("request"),
    context,
  );
  // The deprecated fields at the top are read where the direction is not configured, and its stats then stand higher.
  const responses = response
    ? compileDirection(
        response.commonConfig,
        "response_direction_config.common_config",
        scope.scope("response"),
        context,
      )
    : compileDirection(
        {
          enabled: config.runtimeEnabled,
          minContentLength: config.contentLength,
          contentType: config.contentType,
          contentTypeMatcher: [],
        },
        "",
        scope,
        context,
      );
  if (!requests.ok) problems.push(...requests.problems);
  if (!responses.ok) problems.push(...responses.problems);
  if (!requests.ok || !responses.ok) return { ok: false, problems };
  return {
    ok: true,
    value: Object.freeze({
      library: library.value,
      chooseFirst: config.chooseFirst,
      request: requestDirectionConfig ? requests.value : { ...requests.value, enabled: () => false },
      response: {
        ...responses.value,
        disableOnEtag: (response ?? config).disableOnEtagHeader,
        weakenEtag: response?.weakenEtagOnCompress ?? false,
        removeAcceptEncoding: (response ?? config).removeAcceptEncodingHeader,
        uncompressibleCodes: new Set(response?.uncompressibleResponseCodes.map(String)),
        statusHeader: response?.statusHeaderEnabled ?? false,
        negotiation: createNegotiationStats(scope),
      },
    }),
  };
}

function compileDirection(
  config:
    | Pick<DirectionMessage, "contentType" | "contentTypeMatcher" | "enabled" | "minContentLength">
    | undefined,
  path: string,
  stats: StatsScope,
  context: HttpFactoryContext,
): Compiled<DirectionConfig> {
  const types = compileContentTypes(config?.contentType ?? [], config?.contentTypeMatcher ?? [], path);
  if (!types.ok) return types;
  return {
    ok: true,
    value: {
      enabled: compileFeatureFlag(config?.enabled, context.runtime),
      minContentLength: config?.minContentLength || MIN_CONTENT_LENGTH,
      contentTypes: types.value,
      stats: createDirectionStats(stats),
    },
  };
}

export function compileCompressorPerRoute(
  config: CompressorPerRoute,
  context: HttpFactoryContext,
): Compiled<CompressorRouteConfig> {
  const { override } = config;
  if (override.case !== "overrides") {
    return {
      ok: true,
      value: { responseEnabled: false, removeAcceptEncoding: undefined, library: undefined },
    };
  }
  const { responseDirectionConfig: response, compressorLibrary } = override.value;
  const library = compressorLibrary && compileLibrary(compressorLibrary, context, "overrides.");
  if (library?.ok === false) return library;
  return {
    ok: true,
    value: Object.freeze({
      // That it is there turns compression on, as in the filter's own configuration.
      responseEnabled: response === undefined ? undefined : true,
      removeAcceptEncoding: response?.removeAcceptEncodingHeader,
      library: library?.value,
    }),
  };
}

function compileLibrary(
  config: TypedExtensionConfig | undefined,
  context: HttpFactoryContext,
  prefix = "",
): Compiled<Compressor> {
  const path = `${prefix}compressor_library`;
  if (config === undefined) {
    return refuse(path, "value is required");
  }
  const found = resolveExtension("envoy.compression.compressor", config, path, context.worker.extensions);
  if (!found.ok) return found;
  return compiledBelow(`${path}.typed_config`, found.value.factory.compile(found.value.message));
}
