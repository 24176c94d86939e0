import type { DescMessage, Message } from "@bufbuild/protobuf";
import { isFieldSet } from "@bufbuild/protobuf";
import { isReflectMessage, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { Problem } from "@sluice/extension-api";

/** Durations that are less than nothing, by their path: Envoy takes none, though few have a rule about it. */
export function negativeDurations(schema: DescMessage, message: Message, path = ""): readonly Problem[] {
  const problems: Problem[] = [];
  visit(reflect(schema, message), path, problems);
  return problems;
}

function visit(message: ReflectMessage, path: string, problems: Problem[]): void {
  if (message.desc.typeName === "google.protobuf.Duration") {
    const { seconds, nanos } = asDuration(message.message);
    if (seconds < 0n || nanos < 0)
      problems.push({ path, message: "must not be negative", severity: "error" });
    return;
  }
  for (const field of message.fields) {
    if (!isFieldSet(message.message, field)) continue;
    const at = path === "" ? field.name : `${path}.${field.name}`;
    if (field.fieldKind === "message") {
      const value: unknown = message.get(field);
      if (isReflectMessage(value)) visit(value, at, problems);
    } else if (field.fieldKind === "list" && field.listKind === "message") {
      let index = 0;
      for (const item of message.get(field)) {
        if (isReflectMessage(item)) visit(item, `${at}[${index}]`, problems);
        index++;
      }
    }
  }
}

/** The caller has checked the type's name. */
function asDuration(message: Message): { readonly seconds: bigint; readonly nanos: number } {
  return message as Message & { readonly seconds: bigint; readonly nanos: number };
}
