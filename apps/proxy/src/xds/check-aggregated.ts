import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import { ConfigSourceSchema } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { findMessages } from "../config-message/find-messages.ts";

/** In Envoy's words. */
export const NO_ADS = "ADS must be configured to support an ADS config source";

/** What of a resource is to come by ADS where the bootstrap has no `ads_config`. Envoy ends, or leaves the cluster out. */
export function checkAggregated(schema: DescMessage, message: Message): readonly Problem[] {
  return findMessages(schema, message, ConfigSourceSchema).flatMap(({ path, message: source }) =>
    source.configSourceSpecifier.case === "ads"
      ? [{ path: `${path}.ads`, message: NO_ADS, severity: "error" } as const]
      : [],
  );
}
