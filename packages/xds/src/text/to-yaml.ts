import { type DescMessage, isMessage, type Message } from "@bufbuild/protobuf";
import { stringify } from "yaml";
import { toProtoJson } from "./to-proto-json.ts";

/**
 * YAML of a message (as `toProtoJson` orders it) or of JSON that is already in the wanted form. What Envoy's YAML reader
 * would take for a boolean or a number is quoted where it is a string; texts of several lines become block scalars.
 */
export function toYaml(type: DescMessage | string, value: Message | unknown): string {
  const json = isMessage(value) ? toProtoJson(type, value) : value;
  return stringify(json, { compat: "yaml-1.1", lineWidth: 0, aliasDuplicateObjects: false });
}
