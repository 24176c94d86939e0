import { isDeepStrictEqual } from "node:util";
import type { OmitHostMetadataConfig } from "@sluice/xds/gen/envoy/extensions/retry/host/omit_host_metadata/v3/omit_host_metadata_config_pb.js";
import type { Host } from "../../../cluster/thread-local-cluster.ts";
import type { RetryHostPredicateFactory } from "../../../load-balancer/retry-extensions.ts";

/** Refuses hosts whose `envoy.lb` metadata has all the values of the configured one; without any, none is refused. */
export const omitHostMetadataFactory: RetryHostPredicateFactory = {
  compile(config) {
    const wanted = Object.entries(asConfig(config).metadataMatch?.filterMetadata["envoy.lb"] ?? {});
    const predicate = {
      shouldSelectAnotherHost: (host: Host) => wanted.length > 0 && hasAll(host, wanted),
      onHostAttempted() {},
    };
    return { ok: true, value: () => predicate };
  },
};

function hasAll(host: Host, wanted: readonly (readonly [string, unknown])[]): boolean {
  const metadata = host.metadata?.["envoy.lb"];
  if (typeof metadata !== "object" || metadata === null) return false;
  return wanted.every(([key, value]) => isDeepStrictEqual(Reflect.get(metadata, key), value));
}

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(config: unknown): OmitHostMetadataConfig {
  return config as OmitHostMetadataConfig;
}
