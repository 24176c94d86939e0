import type { Problem } from "@sluice/extension-api";
import {
  type ConfigSource,
  ConfigSourceSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import { CONFIG_SOURCE_FIELDS, checkConfigSource } from "../xds/config-source.ts";

/** Where a secret comes from. */
export type SecretSource =
  | { readonly kind: "static" }
  | { readonly kind: "file"; readonly path: string; readonly watchedDirectory: string | undefined }
  /** ADS, a stream of its own, or a server that is polled. */
  | { readonly kind: "server"; readonly source: ConfigSource };

/** Reads the `sds_config` of a reference. */
export function secretSource(config: ConfigSource | undefined): SecretSource {
  if (config === undefined) return { kind: "static" };
  const specifier = config.configSourceSpecifier;
  switch (specifier.case) {
    case "path":
      return { kind: "file", path: specifier.value, watchedDirectory: undefined };
    case "pathConfigSource": {
      const { path, watchedDirectory } = specifier.value;
      return { kind: "file", path, watchedDirectory: watchedDirectory?.path };
    }
    default:
      return { kind: "server", source: config };
  }
}

/** Everything wrong with an `sds_config`; `path`: where the reference stands. */
export function checkSecretSource(config: ConfigSource | undefined, path: string): readonly Problem[] {
  if (config === undefined) return [];
  const at = `${path}.sds_config`;
  return [
    ...refuseUnsupportedFields(ConfigSourceSchema, config, CONFIG_SOURCE_FIELDS, at),
    ...checkConfigSource(config, at),
  ];
}
