import type { DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { unpackAny } from "@sluice/xds/any";
import { eachMessageIn } from "./each-message-in.ts";

export interface FoundMessage<Desc extends DescMessage> {
  readonly path: string;
  readonly message: MessageShape<Desc>;
}

/** Every message of one type within another, by default in extensions' configurations too. Found ones are not looked into. */
export function findMessages<Desc extends DescMessage>(
  schema: DescMessage,
  message: Message,
  wanted: Desc,
  { path = "", withinExtensions = true } = {},
): readonly FoundMessage<Desc>[] {
  const found: FoundMessage<Desc>[] = [];
  const visit = (each: ReflectMessage, at: string): void => {
    const { typeName } = each.desc;
    if (typeName === wanted.typeName) {
      found.push({ path: at, message: asWanted<Desc>(each.message) });
    } else if (typeName === AnySchema.typeName) {
      const unpacked = withinExtensions ? unpackAny(asAny(each.message)) : undefined;
      if (unpacked?.ok === true) visit(reflect(unpacked.schema, unpacked.message), at);
    } else for (const field of each.fields) eachMessageIn(each, field, at, visit);
  };
  visit(reflect(schema, message), path);
  return found;
}

/** The caller has compared the type's name. */
function asWanted<Desc extends DescMessage>(message: Message): MessageShape<Desc> {
  return message as MessageShape<Desc>;
}
function asAny(message: Message): Any {
  return message as Any;
}
