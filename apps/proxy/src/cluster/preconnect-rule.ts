import { fromBinary } from "@bufbuild/protobuf";
import { compileMetadataMatcher, type HeaderView, type MatchContext } from "@sluice/matching";
import { MetadataMatcherSchema } from "@sluice/xds/gen/envoy/type/matcher/v3/metadata_pb.js";
import type { Host } from "./thread-local-cluster.ts";

/** `preconnect_enabled_metadata`, an encoded MetadataMatcher that was checked, on an endpoint's metadata. */
export function preconnectRule(encoded: Uint8Array | undefined): ((host: Host) => boolean) | undefined {
  if (encoded === undefined) return undefined;
  const compiled = compileMetadataMatcher(fromBinary(MetadataMatcherSchema, encoded), "");
  if (!compiled.ok) throw new Error("preconnect_enabled_metadata was not checked");
  const condition = compiled.value;
  return (host) => condition.matches(NO_HEADERS, 0, contextOf(host));
}

const contextOf = ({ metadata }: Host): MatchContext => ({
  dynamicMetadata: (filter) => asFields(metadata?.[filter]),
});

const asFields = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;

const NO_HEADERS: HeaderView = { get: () => undefined, getAll: () => undefined, forEach() {} };
