import { create, type DescMessage, fromBinary, fromJson, type Message, toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import type { TypedStruct } from "../../gen/xds/type/v3/typed_struct_pb.js";
import { apiRegistry, messageDescriptor, messageTypeNames } from "./api-registry.ts";
import { nearestName } from "./nearest-name.ts";

const TYPE_URL_PREFIX = "type.googleapis.com/";
const TYPED_STRUCTS: readonly string[] = ["xds.type.v3.TypedStruct", "udpa.type.v1.TypedStruct"];

/** What an Any holds, or why that cannot be said. */
export type UnpackedAny =
  | {
      readonly ok: true;
      /** The message's own type; for a TypedStruct that of the extension it names. */
      readonly typeName: string;
      readonly schema: DescMessage;
      readonly message: Message;
    }
  | {
      readonly ok: false;
      /** `unknown_type`: the API has no such message; `malformed`: it has, but the content is none. */
      readonly reason: "unknown_type" | "malformed";
      readonly typeName: string;
      /** Nearest known full name, for unknown types. */
      readonly nearest: string | undefined;
      /** One sentence for people. */
      readonly message: string;
    };

/** `type.googleapis.com/envoy.config.cluster.v3.Cluster`, as `@type` and `type_url` have it. */
export function typeUrlOf(type: DescMessage | string): string {
  return TYPE_URL_PREFIX + (typeof type === "string" ? type : type.typeName);
}

/** Full message name of an Any or a type URL: what stands behind the last `/`; "" for an empty Any. */
export function typeNameOf(any: { readonly typeUrl: string } | string): string {
  const url = typeof any === "string" ? any : any.typeUrl;
  return url.slice(url.lastIndexOf("/") + 1);
}

/** Encodes `message` into an Any. */
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
  const schema = apiRegistry().getMessage(typeName);
  if (schema === undefined) return unknownType(typeName);
  let message: Message;
  try {
    message = fromBinary(schema, any.value);
  } catch (error) {
    return malformed(typeName, error);
  }
  return TYPED_STRUCTS.includes(typeName)
    ? unpackTypedStruct(schema, message)
    : { ok: true, typeName, schema, message };
}

/** The result for a type that the API does not have. */
export function unknownType(typeName: string): Extract<UnpackedAny, { ok: false }> {
  const nearest = typeName === "" ? undefined : nearestName(typeName, messageTypeNames());
  const proposal = nearest === undefined ? "" : `; did you mean '${nearest}'?`;
  return {
    ok: false,
    reason: "unknown_type",
    typeName,
    nearest,
    message:
      typeName === "" ? "the Any names no type (@type is missing)" : `unknown type '${typeName}'${proposal}`,
  };
}

function malformed(typeName: string, error: unknown): UnpackedAny {
  const why = error instanceof Error ? error.message : String(error);
  return {
    ok: false,
    reason: "malformed",
    typeName,
    nearest: undefined,
    message: `the content is no ${typeName}: ${why}`,
  };
}

function unpackTypedStruct(schema: DescMessage, message: Message): UnpackedAny {
  const { typeUrl, value } = asTypedStruct(message);
  const typeName = typeNameOf(typeUrl);
  if (typeName === "" || typeName === "google.protobuf.Struct") {
    return { ok: true, typeName: schema.typeName, schema, message };
  }
  const target = apiRegistry().getMessage(typeName);
  if (target === undefined) return unknownType(typeName);
  try {
    return {
      ok: true,
      typeName,
      schema: target,
      message: fromJson(target, value ?? {}, { registry: apiRegistry() }),
    };
  } catch (error) {
    return malformed(typeName, error);
  }
}

/** Both TypedStructs have the same two fields; the caller has checked the type. */
function asTypedStruct(message: Message): TypedStruct {
  return message as TypedStruct;
}
