import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { sourceKey } from "./config-source.ts";

/** What tells discovered route configurations apart: where they come from, and their name there. */
export function routeKey(source: ConfigSource | undefined, name: string): string {
  const key = sourceKey(source);
  return key === "" ? name : `${name} ${key}`;
}
