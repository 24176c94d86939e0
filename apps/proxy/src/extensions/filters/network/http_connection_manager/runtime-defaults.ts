import type { Random, Runtime } from "@sluice/extension-api";
import type { RequestTargetDefaults } from "@sluice/matching";
import type { HttpConnectionManager as Config } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";

const MANAGER = "http_connection_manager";
const LIMITS = "envoy.reloadable_features.max_request_headers";

/** How much head a request may have: the configuration's word, or the runtime's at the time when it was compiled. */
export function requestHeadLimits(
  config: Config,
  runtime: Runtime,
): { readonly kib: number; readonly fields: number } {
  return {
    kib: config.maxRequestHeadersKb ?? runtime.integer(`${LIMITS}_size_kb`, 60),
    fields: config.commonHttpProtocolOptions?.maxHeadersCount ?? runtime.integer(`${LIMITS}_count`, 100),
  };
}

/** What the runtime says of paths that the configuration leaves open; a share of less than 100 is drawn once. */
export function requestTargetDefaults(runtime: Runtime, random: Random): RequestTargetDefaults {
  const slashes = `${MANAGER}.path_with_escaped_slashes_action`;
  const chosen = runtime.featureEnabled(`${slashes}_enabled`, 100, 100, random.uint32());
  return {
    normalizePath: runtime.featureEnabled(`${MANAGER}.normalize_path`, 0, 100, random.uint32()),
    escapedSlashes: chosen ? runtime.integer(slashes, 0) : 0,
  };
}
