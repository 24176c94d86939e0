import { type DescField, getOption, hasOption } from "@bufbuild/protobuf";
import { disallowed_by_default } from "@sluice/xds/gen/envoy/annotations/deprecation_pb.js";

/**
 * Why a field of Envoy's API is refused where it cannot be built on Node, by `full.message.Name.field`. The reason ends the
 * refusal's message and stands in docs/compatibility.md below the table of the field's message.
 */
const REASONS: Readonly<Record<string, string>> = {
  "envoy.config.listener.v3.Listener.enable_mptcp": "Node opens sockets of plain TCP only",
};

/** The reason for refusing a field: from the list, or from the field's own annotations. */
export function refusalReason(field: DescField): string | undefined {
  const listed = REASONS[`${field.parent.typeName}.${field.name}`];
  if (listed !== undefined || !field.deprecated) return listed;
  const disallowed = hasOption(field, disallowed_by_default) && getOption(field, disallowed_by_default);
  return disallowed ? "deprecated, and refused by Envoy as well" : "deprecated in Envoy";
}
