import type { DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import { isFieldSet } from "@bufbuild/protobuf";
import { isReflectMessage, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { unpackAny } from "@sluice/xds/any";

export interface FoundMessage<Desc extends DescMessage> {
  readonly path: string;
  readonly message: MessageShape<Desc>;
}

/** Every message of one type within another, in extensions' configurations too. Found messages are not looked into. */
export function findMessages<Desc extends DescMessage>(
  schema: DescMessage,
  message: Message,
  wanted: Desc,
): readonly FoundMessage<Desc>[] {
  const found: FoundMessage<Desc>[] = [];
  visit(reflect(schema, message), "", wanted, found);
  return found;
}

function visit<Desc extends DescMessage>(
  message: ReflectMessage,
  path: string,
  wanted: Desc,
  found: FoundMessage<Desc>[],
): void {
  const { typeName } = message.desc;
  if (typeName === wanted.typeName) {
    found.push({ path, message: asWanted<Desc>(message.message) });
    return;
  }
  if (typeName === AnySchema.typeName) {
    const unpacked = unpackAny(asAny(message.message));
    if (unpacked.ok) visit(reflect(unpacked.schema, unpacked.message), path, wanted, found);
    return;
  }
  for (const field of message.fields) {
    if (!isFieldSet(message.message, field)) continue;
    const at = path === "" ? field.name : `${path}.${field.name}`;
    if (field.fieldKind === "message") {
      const value: unknown = message.get(field);
      if (isReflectMessage(value)) visit(value, at, wanted, found);
    } else if (field.fieldKind === "list" && field.listKind === "message") {
      let index = 0;
      for (const item of message.get(field)) {
        if (isReflectMessage(item)) visit(item, `${at}[${index}]`, wanted, found);
        index++;
      }
    } else if (field.fieldKind === "map" && field.mapKind === "message") {
      for (const [key, value] of message.get(field)) {
        if (isReflectMessage(value)) visit(value, `${at}[${String(key)}]`, wanted, found);
      }
    }
  }
}

/** The caller has compared the type's name. */
function asWanted<Desc extends DescMessage>(message: Message): MessageShape<Desc> {
  return message as MessageShape<Desc>;
}
function asAny(message: Message): Any {
  return message as Any;
}
