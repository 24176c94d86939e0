import type { DescMessage, Message } from "@bufbuild/protobuf";
import { isFieldSet } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { Problem } from "@sluice/extension-api";
import { eachMessageIn } from "./each-message-in.ts";
import { inertReason } from "./inert-fields.ts";
import { refusalReason } from "./refusal-reasons.ts";

/** Per full message name: the fields that have an effect; `*`: all of them. */
export type SupportedFields = Readonly<Record<string, readonly string[]>>;

/**
 * Every field that is set and has no effect, by its path, but for those without one in Envoy (`inertReason`). Messages whose type
 * is not in `supported` are not looked into: whoever lists a field as supported either lists its message too or reads that whole
 * message himself.
 */
export function refuseUnsupportedFields(
  schema: DescMessage,
  message: Message,
  supported: SupportedFields,
  path = "",
): Problem[] {
  const problems: Problem[] = [];
  visit(reflect(schema, message), supported, path, problems);
  return problems;
}

function visit(message: ReflectMessage, supported: SupportedFields, path: string, problems: Problem[]): void {
  const allowed = supported[message.desc.typeName];
  if (allowed === undefined) return;
  for (const field of message.fields) {
    if (!isFieldSet(message.message, field)) continue;
    if (allowed.includes(field.name) || allowed.includes("*")) {
      eachMessageIn(message, field, path, (each, at) => visit(each, supported, at, problems));
      continue;
    }
    if (inertReason(field) !== undefined) continue;
    const reason = refusalReason(field);
    problems.push({
      path: path === "" ? field.name : `${path}.${field.name}`,
      message: `${field.name} is not implemented${reason === undefined ? "" : `: ${reason}`}`,
      severity: "error",
    });
  }
}
