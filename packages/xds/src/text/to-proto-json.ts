import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromBinary,
  type JsonObject,
  type JsonValue,
  type Message,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { apiRegistry, messageDescriptor } from "../registry/api-registry.ts";
import { typeNameOf } from "../registry/unknown-type.ts";
import { isReadSpecially } from "./read-well-known.ts";

/**
 * Protobuf's JSON form of a message as people write it for Envoy: snake_case names in the API's field order, `@type` first
 * in an Any, 64-bit integers as strings, enums by name, durations as "0.25s", what has its default value left out. Map
 * keys are sorted, so that equal messages give equal JSON. An Any of an unknown type (or with broken content) keeps its
 * bytes, as base64 under `value`.
 */
export function toProtoJson(type: DescMessage | string, message: Message): JsonValue {
  return jsonOfMessage(reflect(messageDescriptor(type), message));
}

function jsonOfMessage(message: ReflectMessage): JsonValue {
  const { desc } = message;
  if (desc.typeName === AnySchema.typeName) return jsonOfAny(message.message as Any);
  if (isReadSpecially(desc)) return jsonOfWellKnown(message);
  const json: JsonObject = {};
  for (const field of desc.fields) {
    if (message.isSet(field)) json[field.name] = jsonOfField(message, field);
  }
  return json;
}

/** Durations and times out of JSON's range (only a hostile sender makes them) are shown by their fields. */
function jsonOfWellKnown(message: ReflectMessage): JsonValue {
  try {
    return toJson(message.desc, message.message);
  } catch {
    return Object.fromEntries(
      message.desc.fields.flatMap((field) =>
        field.fieldKind === "scalar" && message.isSet(field)
          ? [[field.name, jsonOfScalar(field.scalar, message.get(field))]]
          : [],
      ),
    );
  }
}

function jsonOfField(message: ReflectMessage, field: DescField): JsonValue {
  switch (field.fieldKind) {
    case "list":
      return Array.from(message.get(field), (item) => jsonOfItem(field, item));
    case "map":
      return Object.fromEntries(
        Array.from(message.get(field))
          .map(([key, value]) => [String(key), jsonOfItem(field, value)] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      );
    default:
      return jsonOfItem(field, message.get(field));
  }
}

function jsonOfItem(field: DescField, value: unknown): JsonValue {
  if (field.message !== undefined) return jsonOfMessage(value as ReflectMessage);
  if (field.enum !== undefined) return jsonOfEnum(field.enum, value as number);
  return jsonOfScalar(field.scalar, value);
}

function jsonOfEnum(type: DescEnum, value: number): JsonValue {
  if (type.typeName === "google.protobuf.NullValue") return null;
  return type.value[value]?.name ?? value;
}

function jsonOfScalar(type: ScalarType | undefined, value: unknown): JsonValue {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  // The shortest decimal that is the same 32-bit float: 0.1, not 0.10000000149011612.
  if (type === ScalarType.FLOAT && typeof value === "number") {
    for (let digits = 6; digits < 10; digits++) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === Math.fround(value)) return short;
    }
  }
  return value as number | string | boolean;
}

function jsonOfAny(any: Any): JsonValue {
  if (any.typeUrl === "" && any.value.length === 0) return {};
  const schema = apiRegistry().getMessage(typeNameOf(any));
  if (schema !== undefined) {
    try {
      const content = jsonOfMessage(reflect(schema, fromBinary(schema, any.value)));
      if (isReadSpecially(schema)) return { "@type": any.typeUrl, value: content };
      return { "@type": any.typeUrl, ...(content as JsonObject) };
    } catch {
      // Broken content is kept as it is, below.
    }
  }
  return { "@type": any.typeUrl, value: Buffer.from(any.value).toString("base64") };
}
