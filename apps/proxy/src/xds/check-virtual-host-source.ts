import type { Problem } from "@sluice/extension-api";
import {
  type ApiConfigSource,
  ApiConfigSource_ApiType,
  type ConfigSource,
  ConfigSourceSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import { CONFIG_SOURCE_FIELDS, checkConfigSource } from "./config-source.ts";

/** What is wrong with `Vhds.config_source`: only delta xDS can bring virtual hosts. `ads`: the bootstrap's `ads_config`. */
export function checkVirtualHostSource(
  source: ConfigSource | undefined,
  ads: ApiConfigSource | undefined,
): readonly Problem[] {
  const path = "vhds.config_source";
  const specifier = source?.configSourceSpecifier;
  const api =
    specifier?.case === "ads" ? ads : specifier?.case === "apiConfigSource" ? specifier.value : undefined;
  if (source === undefined || api?.apiType !== ApiConfigSource_ApiType.DELTA_GRPC) {
    const message = "vhds: only 'DELTA_GRPC', or ADS that uses it, is supported as a source";
    return [{ path, message, severity: "error" }];
  }
  return [
    ...refuseUnsupportedFields(ConfigSourceSchema, source, CONFIG_SOURCE_FIELDS, path),
    ...checkConfigSource(source, path),
  ];
}
