import {
  clone,
  type DescField,
  type DescMessage,
  getOption,
  isFieldSet,
  type Message,
  type MessageShape,
} from "@bufbuild/protobuf";
import { isReflectMessage, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { type Any, AnySchema, anyPack } from "@bufbuild/protobuf/wkt";
import { sensitive } from "../../gen/udpa/annotations/sensitive_pb.js";
import { unpackAny } from "../registry/any.ts";

const REDACTED = "[redacted]";
const REDACTED_BYTES = new TextEncoder().encode(REDACTED);

/**
 * A copy that may be shown: texts and bytes in fields that the API marks as sensitive (keys, passwords, secrets) are blotted out, in
 * extensions' configurations too.
 */
export function redactSensitive<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): MessageShape<Desc> {
  const shown = clone(schema, message);
  visit(reflect(schema, shown), false);
  return shown;
}

function visit(message: ReflectMessage, within: boolean): void {
  if (message.desc.typeName === AnySchema.typeName) {
    visitAny(asAny(message.message), within);
    return;
  }
  for (const field of message.fields) {
    if (!isFieldSet(message.message, field)) continue;
    const hidden = within || getOption(field, sensitive);
    if (field.fieldKind === "list") {
      const list = message.get(field);
      const items = [...list];
      for (const [index, item] of items.entries()) {
        if (isReflectMessage(item)) visit(item, hidden);
        else if (hidden) list.set(index, redacted(item));
      }
    } else if (field.fieldKind === "map") {
      const map = message.get(field);
      for (const [key, value] of [...map]) {
        if (isReflectMessage(value)) visit(value, hidden);
        else if (hidden) map.set(key, redacted(value));
      }
    } else visitSingle(message, field, hidden);
  }
}

function visitSingle(message: ReflectMessage, field: DescField, hidden: boolean): void {
  const value: unknown = message.get(field);
  if (isReflectMessage(value)) visit(value, hidden);
  else if (hidden) message.set(field, redacted(value));
}

function visitAny(any: Any, within: boolean): void {
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return;
  const before = anyPack(unpacked.schema, unpacked.message);
  visit(reflect(unpacked.schema, unpacked.message), within);
  const packed = anyPack(unpacked.schema, unpacked.message);
  // What has nothing to hide stays in its own form (a TypedStruct, say).
  if (Buffer.compare(before.value, packed.value) === 0) return;
  any.typeUrl = packed.typeUrl;
  any.value = packed.value;
}

/** Numbers and the like say nothing of their own. */
function redacted(value: unknown): unknown {
  if (typeof value === "string") return REDACTED;
  return value instanceof Uint8Array ? REDACTED_BYTES : value;
}

/** The caller has compared the type's name. */
function asAny(message: Message): Any {
  return message as Any;
}
