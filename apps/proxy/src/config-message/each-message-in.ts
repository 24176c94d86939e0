import { type DescField, isFieldSet } from "@bufbuild/protobuf";
import { isReflectMessage, type ReflectMessage } from "@bufbuild/protobuf/reflect";

/** Calls `visit` for each message that a field holds (its value, a list's items, a map's values) with where it stands. */
export function eachMessageIn(
  message: ReflectMessage,
  field: DescField,
  path: string,
  visit: (message: ReflectMessage, path: string) => void,
): void {
  if (!isFieldSet(message.message, field)) return;
  const at = path === "" ? field.name : `${path}.${field.name}`;
  const visitIfMessage = (value: unknown, where: string): void => {
    if (isReflectMessage(value)) visit(value, where);
  };
  if (field.fieldKind === "message") visitIfMessage(message.get(field), at);
  else if (field.fieldKind === "list" && field.listKind === "message") {
    let index = 0;
    for (const item of message.get(field)) visitIfMessage(item, `${at}[${index++}]`);
  } else if (field.fieldKind === "map" && field.mapKind === "message") {
    for (const [key, value] of message.get(field)) visitIfMessage(value, `${at}[${String(key)}]`);
  }
}
