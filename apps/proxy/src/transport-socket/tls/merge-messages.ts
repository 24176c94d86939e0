import { type DescMessage, isFieldSet, type MessageShape } from "@bufbuild/protobuf";
import { isReflectMessage, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";

/** Protobuf's `MergeFrom`: set fields of `from` win, lists are appended, messages are merged field by field. */
export function mergeMessages<Desc extends DescMessage>(
  schema: Desc,
  into: MessageShape<Desc>,
  from: MessageShape<Desc>,
): void {
  merge(reflect(schema, into), reflect(schema, from));
}

function merge(into: ReflectMessage, from: ReflectMessage): void {
  for (const field of from.fields) {
    if (!isFieldSet(from.message, field)) continue;
    if (field.fieldKind === "list") {
      const list = into.get(field);
      for (const item of from.get(field)) list.add(item);
    } else if (field.fieldKind === "map") {
      const map = into.get(field);
      for (const [key, value] of from.get(field)) map.set(key, value);
    } else if (field.fieldKind === "message" && into.isSet(field)) {
      const target: unknown = into.get(field);
      const source: unknown = from.get(field);
      if (isReflectMessage(target) && isReflectMessage(source)) merge(target, source);
      else into.set(field, from.get(field));
    } else into.set(field, from.get(field));
  }
}
