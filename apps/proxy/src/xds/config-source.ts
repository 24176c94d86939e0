import { existsSync } from "node:fs";
import { create, toJsonString } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import {
  type ApiConfigSource,
  ApiConfigSource_ApiType,
  ApiVersion,
  type ConfigSource,
  ConfigSourceSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { NO_V2 } from "../config-message/refusal-words.ts";
import {
  refuseUnsupportedFields,
  type SupportedFields,
} from "../config-message/refuse-unsupported-fields.ts";

/** What of a source of configuration has an effect. */
export const CONFIG_SOURCE_FIELDS: SupportedFields = {
  "envoy.config.core.v3.ConfigSource": [
    "ads",
    "api_config_source",
    "path",
    "path_config_source",
    "resource_api_version",
    "initial_fetch_timeout",
  ],
  "envoy.config.core.v3.PathConfigSource": ["path", "watched_directory"],
  "envoy.config.core.v3.ApiConfigSource": [
    "api_type",
    "transport_api_version",
    "cluster_names",
    "grpc_services",
    "refresh_delay",
    "request_timeout",
    "rate_limit_settings",
    "set_node_on_first_message_only",
  ],
  "envoy.config.core.v3.GrpcService": ["envoy_grpc", "initial_metadata"],
  "envoy.config.core.v3.GrpcService.EnvoyGrpc": [
    "cluster_name",
    "authority",
    "retry_policy",
    "max_receive_message_length",
    // There are none on the proxy's own streams.
    "skip_envoy_headers",
  ],
  "envoy.config.core.v3.RetryPolicy": ["retry_back_off"],
  "envoy.config.core.v3.BackoffStrategy": ["*"],
};

/** What of a discovered filter configuration has an effect. */
export const EXTENSION_SOURCE_FIELDS: SupportedFields = {
  "envoy.config.core.v3.ExtensionConfigSource": [
    "config_source",
    "default_config",
    "apply_default_config_without_warming",
    "type_urls",
  ],
  ...CONFIG_SOURCE_FIELDS,
};

/** The aggregated stream of the bootstrap's `ads_config`. */
export const ADS_SOURCE: ConfigSource = create(ConfigSourceSchema, {
  configSourceSpecifier: { case: "ads", value: {} },
});

/** Tells sources apart; "" is ADS. Sources that differ only in how long one waits for them are the same. */
export function sourceKey(source: ConfigSource | undefined): string {
  if (source === undefined || source.configSourceSpecifier.case === "ads") return "";
  const { configSourceSpecifier } = source;
  return toJsonString(ConfigSourceSchema, create(ConfigSourceSchema, { configSourceSpecifier }));
}

export function isFile({ configSourceSpecifier }: ConfigSource): boolean {
  return configSourceSpecifier.case === "path" || configSourceSpecifier.case === "pathConfigSource";
}

/** Whether it has a gRPC stream, on which one goes on asking after each response. */
export function isStreamed(source: ConfigSource): boolean {
  const specifier = source.configSourceSpecifier;
  if (specifier.case === "apiConfigSource") return specifier.value.apiType !== ApiConfigSource_ApiType.REST;
  return !isFile(source);
}

/** Everything wrong with a source that must be there, unknown fields too. */
export function checkSourceAt(source: ConfigSource | undefined, path: string): readonly Problem[] {
  if (source === undefined) return [{ path, message: "is required", severity: "error" }];
  return [
    ...refuseUnsupportedFields(ConfigSourceSchema, source, CONFIG_SOURCE_FIELDS, path),
    ...checkConfigSource(source, path),
  ];
}

/** Everything wrong with a source, beside fields without effect (`CONFIG_SOURCE_FIELDS`). */
export function checkConfigSource(source: ConfigSource, path: string): readonly Problem[] {
  const { configSourceSpecifier: specifier } = source;
  const problem = (at: string, message: string): readonly Problem[] => [
    { path: at === "" ? path : `${path}.${at}`, message, severity: "error" },
  ];
  switch (specifier.case) {
    case "ads":
      return [];
    case "path":
      return existsSync(specifier.value) ? [] : problem("path", missing(specifier.value));
    case "pathConfigSource": {
      const { path: file, watchedDirectory } = specifier.value;
      for (const each of [file, watchedDirectory?.path ?? ""]) {
        if (each !== "" && !existsSync(each)) return problem("path_config_source", missing(each));
      }
      return [];
    }
    case "apiConfigSource":
      return checkApi(specifier.value, `${path}.api_config_source`);
    case "self":
      // Told with the fields that are not implemented.
      return [];
    default:
      return problem("", "one of ads, path_config_source and api_config_source is required");
  }
}

const missing = (path: string): string =>
  `paths must refer to an existing path in the system: '${path}' does not exist`;

/** An `api_config_source`, or the bootstrap's `ads_config` (`aggregated`). */
export function checkApi(api: ApiConfigSource, path: string, aggregated = false): readonly Problem[] {
  const problems: Problem[] = [];
  const add = (field: string, message: string): void => {
    problems.push({ path: `${path}.${field}`, message, severity: "error" });
  };
  if (api.transportApiVersion === ApiVersion.V2) add("transport_api_version", NO_V2);
  const limits = api.rateLimitSettings;
  if (limits !== undefined && (limits.fillRate ?? 1) <= 0)
    add("rate_limit_settings.fill_rate", "must be > 0");
  switch (api.apiType) {
    case ApiConfigSource_ApiType.GRPC:
    case ApiConfigSource_ApiType.DELTA_GRPC: {
      if (api.clusterNames.length > 0) add("cluster_names", "must be empty: it belongs to REST");
      if (api.refreshDelay !== undefined) add("refresh_delay", "belongs to REST");
      if (api.requestTimeout !== undefined) add("request_timeout", "belongs to REST");
      checkServices(api, add);
      return problems;
    }
    case ApiConfigSource_ApiType.REST:
      if (aggregated) break;
      if (api.grpcServices.length > 0) add("grpc_services", "must be empty: it belongs to GRPC");
      if (api.clusterNames.length !== 1) add("cluster_names", "needs exactly one cluster");
      if (api.refreshDelay === undefined) add("refresh_delay", "is required for REST");
      return problems;
  }
  add("api_type", `${ApiConfigSource_ApiType[api.apiType]} is not implemented`);
  return problems;
}

/** As Envoy without its experimental fail-over: one service, which has no other to go to. */
function checkServices(
  { grpcServices }: ApiConfigSource,
  add: (field: string, message: string) => void,
): void {
  if (grpcServices.length > 1)
    add("grpc_services", "must have one service: Envoy's fail-over to a second one is not implemented");
  const [service] = grpcServices;
  // Others are told with the fields that are not implemented.
  if (service === undefined) add("grpc_services", "needs a service");
}

/** The cluster of the management server; undefined for files and ADS. */
export function managementCluster(source: ConfigSource): string | undefined {
  const specifier = source.configSourceSpecifier;
  if (specifier.case !== "apiConfigSource") return undefined;
  return clusterOf(specifier.value);
}

export function clusterOf(api: ApiConfigSource): string {
  const target = api.grpcServices[0]?.targetSpecifier;
  return target?.case === "envoyGrpc" ? target.value.clusterName : (api.clusterNames[0] ?? "");
}
