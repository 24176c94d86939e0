import type { Problem } from "@sluice/extension-api";
import {
  ApiConfigSource_ApiType,
  type ConfigSource,
} from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";

/** Where a secret comes from. */
export type SecretSource =
  | { readonly kind: "static" }
  | { readonly kind: "ads" }
  | { readonly kind: "file"; readonly path: string; readonly watchedDirectory: string | undefined }
  | {
      readonly kind: "grpc";
      readonly cluster: string;
      readonly delta: boolean;
      readonly metadata: Readonly<Record<string, string>>;
    };

/** Reads the `sds_config` of a reference; `path` is where it stands. */
export function secretSource(config: ConfigSource | undefined, path: string): SecretSource | Problem {
  if (config === undefined) return { kind: "static" };
  const specifier = config.configSourceSpecifier;
  const refuse = (field: string, message: string): Problem => ({
    path: `${path}.${field}`,
    message,
    severity: "error",
  });
  switch (specifier.case) {
    case "ads":
      return { kind: "ads" };
    case "path":
      return { kind: "file", path: specifier.value, watchedDirectory: undefined };
    case "pathConfigSource":
      return {
        kind: "file",
        path: specifier.value.path,
        watchedDirectory: specifier.value.watchedDirectory?.path,
      };
    case "apiConfigSource": {
      const { apiType, grpcServices } = specifier.value;
      const delta = apiType === ApiConfigSource_ApiType.DELTA_GRPC;
      if (!delta && apiType !== ApiConfigSource_ApiType.GRPC)
        return refuse("api_config_source.api_type", "only GRPC and DELTA_GRPC are implemented");
      const [service] = grpcServices;
      if (grpcServices.length !== 1 || service?.targetSpecifier.case !== "envoyGrpc")
        return refuse("api_config_source.grpc_services", "needs exactly one envoy_grpc service");
      const metadata = Object.fromEntries(service.initialMetadata.map(({ key, value }) => [key, value]));
      return { kind: "grpc", cluster: service.targetSpecifier.value.clusterName, delta, metadata };
    }
    default:
      return refuse(
        "sds_config",
        "only ads, path_config_source and a gRPC api_config_source are implemented",
      );
  }
}
