import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { typeNameOf, unpackAny } from "@sluice/xds";

export interface MessageVisitor {
  /** Each message, the root first; `path` is that of the field it stands in. What an Any holds is visited in its place. */
  message(message: ReflectMessage, path: string): void;
  /** Each Any that holds something, before its content; `type` is a full message name, known or not. */
  extension?(type: string, path: string): void;
}

// Deeper than Envoy's own limit for its text; a message on the wire may hold itself in an Any without end.
const DEPTH_MAX = 200;

/** Walks everything that is set in a message, in field order, through Anys and TypedStructs. */
export function walkMessage(schema: DescMessage, message: Message, visitor: MessageVisitor): void {
  walk(reflect(schema, message), "", visitor, 0);
}

function walk(message: ReflectMessage, path: string, visitor: MessageVisitor, depth: number): void {
  if (depth > DEPTH_MAX) return;
  if (message.desc.typeName === AnySchema.typeName) {
    walkAny(message.message as Any, path, visitor, depth);
    return;
  }
  visitor.message(message, path);
  for (const field of message.desc.fields) {
    if (field.message !== undefined && message.isSet(field)) walkField(message, field, path, visitor, depth);
  }
}

function walkField(
  message: ReflectMessage,
  field: DescField,
  path: string,
  visitor: MessageVisitor,
  depth: number,
): void {
  const here = path === "" ? field.name : `${path}.${field.name}`;
  if (field.fieldKind === "list") {
    let index = 0;
    for (const item of message.get(field))
      walk(item as ReflectMessage, `${here}[${index++}]`, visitor, depth + 1);
  } else if (field.fieldKind === "map") {
    for (const [key, item] of message.get(field)) {
      walk(item as ReflectMessage, `${here}[${String(key)}]`, visitor, depth + 1);
    }
  } else if (field.fieldKind === "message") {
    walk(message.get(field), here, visitor, depth + 1);
  }
}

function walkAny(any: Any, path: string, visitor: MessageVisitor, depth: number): void {
  if (any.typeUrl === "") return;
  const content = unpackAny(any);
  visitor.extension?.(content.ok ? content.typeName : content.typeName || typeNameOf(any), path);
  if (content.ok) walk(reflect(content.schema, content.message), path, visitor, depth + 1);
}
