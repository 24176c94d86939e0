import { type DescField, getOption, hasOption } from "@bufbuild/protobuf";
import { disallowed_by_default } from "@sluice/xds/gen/envoy/annotations/deprecation_pb.js";
import { CONFIG_REFUSALS } from "./config-refusals.ts";
import { EXTENSION_REFUSALS } from "./extension-refusals.ts";
import type { RefusalReasons } from "./refusal-words.ts";

/**
 * Why a field of Envoy's API is refused, by its message and name. The reason ends the refusal's message and stands in
 * docs/compatibility.md below the table of the field's message.
 */
const REASONS: RefusalReasons = { ...CONFIG_REFUSALS, ...EXTENSION_REFUSALS };

/** The reason for refusing a field: from the list, or from the field's own annotations. */
export function refusalReason(field: DescField): string | undefined {
  const listed = REASONS[field.parent.typeName]?.[field.name];
  if (listed !== undefined || !field.deprecated) return listed;
  const disallowed = hasOption(field, disallowed_by_default) && getOption(field, disallowed_by_default);
  return disallowed ? "deprecated, and refused by Envoy as well" : "deprecated in Envoy";
}
