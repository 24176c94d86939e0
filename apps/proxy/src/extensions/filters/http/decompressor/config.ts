import { type Compiled, type Counter, compiledBelow, refuse, type StatsScope } from "@sluice/extension-api";
import type {
  Decompressor as DecompressorMessage,
  Decompressor_CommonDirectionConfig as DirectionMessage,
} from "@sluice/xds/gen/envoy/extensions/filters/http/decompressor/v3/decompressor_pb.js";
import type { Decompressor } from "../../../../compression/compression-library.ts";
import type { HttpFactoryContext } from "../../../../http-filter/filter-chain-config.ts";
import { resolveExtension } from "../../../../registry/resolve-extension.ts";
import { compileFeatureFlag } from "../../../../runtime/feature-flag.ts";
import { createDirectionStats, type DirectionStats } from "./stats.ts";

export interface DirectionConfig {
  readonly enabled: () => boolean;
  readonly ignoreNoTransform: boolean;
  readonly stats: DirectionStats;
}

export interface DecompressorConfig {
  readonly library: Decompressor;
  readonly request: DirectionConfig;
  readonly response: DirectionConfig;
  /** The upstream is told that responses may be compressed. */
  readonly advertises: boolean;
  /** Names of the trailers that tell a body's sizes. */
  readonly compressedBytesTrailer: string;
  readonly uncompressedBytesTrailer: string;
  /** The library's own, by name. */
  readonly errors: ReadonlyMap<string, Counter>;
}

export function compileDecompressor(
  config: DecompressorMessage,
  context: HttpFactoryContext,
): Compiled<DecompressorConfig> {
  const { decompressorLibrary, requestDirectionConfig, responseDirectionConfig } = config;
  const path = "decompressor_library";
  if (decompressorLibrary === undefined) {
    return refuse(path, "value is required");
  }
  const { extensions } = context.worker;
  const found = resolveExtension("envoy.compression.decompressor", decompressorLibrary, path, extensions);
  if (!found.ok) return found;
  const library = compiledBelow(`${path}.typed_config`, found.value.factory.compile(found.value.message));
  if (!library.ok) return library;
  const { name } = decompressorLibrary;
  const scope = context.stats.scope("decompressor").scope(name).scope(library.value.statPrefix);
  const errors = scope.scope("decompressor_library");
  const trailers = `x-envoy-decompressor-${name.toLowerCase()}`;
  return {
    ok: true,
    value: Object.freeze({
      library: library.value,
      request: compileDirection(requestDirectionConfig?.commonConfig, scope.scope("request"), context),
      response: compileDirection(responseDirectionConfig?.commonConfig, scope.scope("response"), context),
      advertises: requestDirectionConfig?.advertiseAcceptEncoding ?? true,
      compressedBytesTrailer: `${trailers}-compressed-bytes`,
      uncompressedBytesTrailer: `${trailers}-uncompressed-bytes`,
      errors: new Map(library.value.errorStats.map((stat) => [stat, errors.counter(stat)])),
    }),
  };
}

function compileDirection(
  config: DirectionMessage | undefined,
  stats: StatsScope,
  context: HttpFactoryContext,
): DirectionConfig {
  return {
    enabled: compileFeatureFlag(config?.enabled, context.runtime),
    ignoreNoTransform: config?.ignoreNoTransformHeader ?? false,
    stats: createDirectionStats(stats),
  };
}
