import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { redactSensitive, toProtoJson } from "@sluice/xds";

/** A message of envoy.admin.v3 as JSON. */
export type Section = Record<string, unknown>;

export const ADMIN = "type.googleapis.com/envoy.admin.v3.";

/** A message as an Any is printed, without what is secret in it. */
export function typed<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Section {
  const json = toProtoJson(schema, redactSensitive(schema, message));
  return { "@type": `type.googleapis.com/${schema.typeName}`, ...(typeof json === "object" ? json : {}) };
}

/** Without empty lists, empty texts and undefined members, as proto JSON leaves them out. */
export function filled(section: Section): Section {
  return Object.fromEntries(
    Object.entries(section).filter(
      ([, value]) => value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0),
    ),
  );
}
