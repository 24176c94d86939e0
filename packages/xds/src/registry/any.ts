import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import type { TypedStruct } from "../../gen/xds/type/v3/typed_struct_pb.js";
import { readMessage } from "../text/read-message.ts";
import { Reader } from "../text/reader.ts";
import { sourceOfJson } from "../text/source-node.ts";
import { messageDescriptor, messageInAny } from "./api-registry.ts";
import { typeNameOf, typeUrlOf, type UnknownType, unknownType } from "./unknown-type.ts";

export { typeNameOf } from "./unknown-type.ts";

/** What an Any holds, or why that cannot be said. */
export type UnpackedAny =
  | {
      readonly ok: true;
      /** The message's own type; for a TypedStruct that of the extension it names. */
      readonly typeName: string;
      readonly schema: DescMessage;
      readonly message: Message;
    }
  | UnknownType
  | {
      readonly ok: false;
      /** The API has such a message, but the content is none. */
      readonly reason: "malformed";
      readonly typeName: string;
      readonly nearest: undefined;
      /** One sentence for people. */
      readonly message: string;
    };

/** Encodes `message` into an Any. Throws when `type` is a name that the API does not have. */
export function packAny(type: DescMessage | string, message: Message): Any {
  const schema = messageDescriptor(type);
  return create(AnySchema, { typeUrl: typeUrlOf(schema), value: toBinary(schema, message) });
}

/**
 * Decodes an Any of any message of the API. A TypedStruct (`xds.type.v3` or `udpa.type.v1`) is read as the message that
 * its `type_url` names, by the rules of JSON, as Envoy does; one that names no type, or a Struct, stays a TypedStruct.
 */
export function unpackAny(any: Pick<Any, "typeUrl" | "value">): UnpackedAny {
  const typeName = typeNameOf(any);
  const schema = messageInAny(typeName);
  if (schema === undefined) return unknownType(typeName);
  let message: Message;
  try {
    message = fromBinary(schema, any.value);
  } catch (error) {
    return malformed(typeName, error instanceof Error ? error.message : String(error));
  }
  return schema.name === "TypedStruct"
    ? unpackTypedStruct(schema, asTypedStruct(message))
    : { ok: true, typeName, schema, message };
}

function malformed(typeName: string, why: string): UnpackedAny {
  const message = `the content is no ${typeName}: ${why}`;
  return { ok: false, reason: "malformed", typeName, nearest: undefined, message };
}

function unpackTypedStruct(schema: DescMessage, struct: TypedStruct): UnpackedAny {
  const typeName = typeNameOf(struct.typeUrl);
  if (typeName === "" || typeName === "google.protobuf.Struct") {
    return { ok: true, typeName: schema.typeName, schema, message: struct };
  }
  const target = messageInAny(typeName);
  if (target === undefined) return unknownType(typeName);
  const reader = new Reader();
  const message = readMessage(target, sourceOfJson(struct.value ?? {}), "", reader);
  const errors = reader.problems.filter(({ severity }) => severity === "error");
  if (message === undefined || errors.length > 0) {
    return malformed(typeName, errors.map(({ path, message: text }) => `${path}: ${text}`).join("; "));
  }
  return { ok: true, typeName, schema: target, message };
}

/** Both TypedStructs (`xds.type.v3`, `udpa.type.v1`) have the same two fields; the caller has checked the name. */
function asTypedStruct(message: Message): TypedStruct {
  return message as TypedStruct;
}
