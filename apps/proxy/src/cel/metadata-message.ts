import { create, type JsonObject } from "@bufbuild/protobuf";
import { type Metadata, MetadataSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";

/** `filter_metadata` as the message that expressions see. */
export function metadataMessage(filterMetadata: Readonly<Record<string, unknown>> | undefined): Metadata {
  return create(MetadataSchema, { filterMetadata: asStructs(filterMetadata ?? {}) });
}

/** Metadata comes out of structs of the configuration, or was checked when a filter set it. */
function asStructs(metadata: Readonly<Record<string, unknown>>): Record<string, JsonObject> {
  return metadata as Record<string, JsonObject>;
}
