import {
  create,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { messageInAny } from "../registry/api-registry.ts";
import { typeNameOf, unknownType } from "../registry/unknown-type.ts";
import type { readMessage } from "./read-message.ts";
import { readScalar } from "./read-scalar.ts";
import { fieldPath, type Reader } from "./reader.ts";
import { describeNode, type SourceMap, type SourceNode } from "./source-node.ts";

const WRAPPER = /^google\.protobuf\.(?:Double|Float|U?Int(?:32|64)|Bool|String|Bytes)Value$/;
const TEXTUAL = /^google\.protobuf\.(?:Duration|Timestamp|FieldMask)$/;
const DYNAMIC = /^google\.protobuf\.(?:Struct|Value|ListValue)$/;

/** Messages that JSON writes in a form of their own. */
export function isReadSpecially(schema: DescMessage): boolean {
  return (
    schema.typeName.startsWith("google.protobuf.") &&
    (schema.typeName === AnySchema.typeName ||
      WRAPPER.test(schema.typeName) ||
      TEXTUAL.test(schema.typeName) ||
      DYNAMIC.test(schema.typeName))
  );
}

/** `readNested` is `readMessage`, handed in since the two call each other. */
export function readWellKnown(
  schema: DescMessage,
  node: SourceNode,
  path: string,
  reader: Reader,
  readNested: typeof readMessage,
): Message | undefined {
  if (schema.typeName === AnySchema.typeName) return readAny(node, path, reader, readNested);
  if (DYNAMIC.test(schema.typeName)) return readDynamic(schema, node, path, reader);
  // Envoy's reader also takes these as plain objects of their fields.
  if (node.kind === "map") return readObjectForm(schema, node, path, reader);
  const message = reflect(schema);
  if (node.kind === "null") return message.message;
  if (TEXTUAL.test(schema.typeName)) return readTextual(schema, node, path, reader);
  const [field] = schema.fields;
  if (field?.fieldKind !== "scalar") return undefined;
  const value = readScalar(field.scalar, node, path, reader);
  if (value === undefined) return undefined;
  message.set(field, value);
  return message.message;
}

function readObjectForm(schema: DescMessage, node: SourceMap, path: string, reader: Reader): Message {
  const message = reflect(schema);
  for (const { key, keyRange, value } of node.entries) {
    const field = schema.fields.find((candidate) => candidate.name === key);
    if (field?.fieldKind !== "scalar") {
      const names = schema.fields.map((candidate) => candidate.name).join(", ");
      reader.error(fieldPath(path, key), `unknown field '${key}'; ${schema.name} has ${names}`, keyRange);
    } else if (value.kind !== "null") {
      const read = readScalar(field.scalar, value, fieldPath(path, key), reader);
      if (read !== undefined) message.set(field, read);
    }
  }
  return message.message;
}

const EXAMPLES: Readonly<Record<string, string>> = {
  Duration: "a duration in seconds like '5s' or '0.25s'",
  Timestamp: "a time like '2026-01-31T08:00:00Z'",
  FieldMask: "a list of field names like 'name,address.port'",
};

function readTextual(
  schema: DescMessage,
  node: SourceNode,
  path: string,
  reader: Reader,
): Message | undefined {
  const expected = EXAMPLES[schema.name] ?? schema.name;
  if (node.kind !== "string") {
    const hint = node.kind === "number" && schema.name === "Duration" ? `; write '${node.value}s'` : "";
    return reader.error(path, `expected ${expected}, found ${describeNode(node)}${hint}`, node);
  }
  if (schema.name === "Duration") {
    const seconds = /^(-?)([0-9]+)(?:\.([0-9]{1,9}))?s$/.exec(node.value);
    if (seconds !== null) return readDuration(schema, seconds, node, path, reader);
    const hint = durationHint(node.value);
    return reader.error(path, `expected ${expected}, found ${describeNode(node)}${hint}`, node);
  }
  try {
    return fromJson(schema, node.value);
  } catch {
    return reader.error(path, `expected ${expected}, found ${describeNode(node)}`, node);
  }
}

function readDuration(
  schema: DescMessage,
  [, sign, whole = "0", fraction = ""]: RegExpExecArray,
  node: SourceNode,
  path: string,
  reader: Reader,
): Message | undefined {
  const seconds = BigInt(whole.slice(0, 20));
  if (seconds > 315_576_000_000n) return reader.error(path, "the duration is longer than 10,000 years", node);
  const factor = sign === "-" ? -1 : 1;
  const message = reflect(schema);
  for (const field of schema.fields) {
    if (field.name === "seconds") message.set(field, BigInt(factor) * seconds);
    if (field.name === "nanos") message.set(field, factor * Number(fraction.padEnd(9, "0")) || 0);
  }
  return message.message;
}

/** `500ms` → what to write instead. */
function durationHint(text: string): string {
  const [, amount, unit] = /^([0-9]+(?:\.[0-9]+)?) ?(ms|us|µs|m|min|h|d|)$/.exec(text) ?? [];
  if (amount === undefined) return "";
  const factors: Readonly<Record<string, number>> = {
    ms: 1e-3,
    us: 1e-6,
    µs: 1e-6,
    m: 60,
    min: 60,
    h: 3600,
    d: 86400,
  };
  const seconds = Number((Number(amount) * (factors[unit ?? ""] ?? 1)).toFixed(9));
  return `; write '${seconds}s'`;
}

function readDynamic(
  schema: DescMessage,
  node: SourceNode,
  path: string,
  reader: Reader,
): Message | undefined {
  if (schema.name === "Struct" && node.kind !== "map") {
    if (node.kind === "null") return reflect(schema).message;
    return reader.error(path, `expected an object, found ${describeNode(node)}`, node);
  }
  if (schema.name === "ListValue" && node.kind !== "list") {
    return reader.error(path, `expected a list, found ${describeNode(node)}`, node);
  }
  const value = jsonOf(node, path, reader);
  return value === undefined ? undefined : fromJson(schema, value);
}

function jsonOf(node: SourceNode, path: string, reader: Reader): JsonValue | undefined {
  return reader.enter(path, node, (): JsonValue => {
    switch (node.kind) {
      case "null":
        return null;
      case "list":
        return node.items.map((item, index) => jsonOf(item, `${path}[${index}]`, reader) ?? null);
      case "map": {
        const object: JsonObject = Object.create(null);
        for (const { key, value } of node.entries)
          object[key] = jsonOf(value, fieldPath(path, key), reader) ?? null;
        return object;
      }
      default:
        return node.value;
    }
  });
}

/** `@type` names the message; its fields stand beside it, or under `value` where JSON writes the message as no object. */
function readAny(
  node: SourceNode,
  path: string,
  reader: Reader,
  readNested: typeof readMessage,
): Message | undefined {
  if (node.kind === "null") return create(AnySchema);
  if (node.kind !== "map") {
    return reader.error(path, `expected an object with '@type', found ${describeNode(node)}`, node);
  }
  const typeEntry = node.entries.find((entry) => entry.key === "@type");
  if (typeEntry === undefined) {
    if (node.entries.length === 0) return create(AnySchema);
    return reader.error(path, "'@type' is missing: it says which message this is", node.entries[0]?.keyRange);
  }
  const typePath = fieldPath(path, "@type");
  reader.place(typePath, typeEntry.keyRange, typeEntry.value);
  const typeUrl = readScalar(ScalarType.STRING, typeEntry.value, typePath, reader);
  if (typeof typeUrl !== "string") return undefined;
  const typeName = typeNameOf(typeUrl);
  const schema = messageInAny(typeName);
  if (schema === undefined) return reader.error(typePath, unknownType(typeName).message, typeEntry.value);
  if (typeUrl.lastIndexOf("/") < 1) {
    return reader.error(typePath, `write 'type.googleapis.com/${typeName}'`, typeEntry.value);
  }
  const rest = node.entries.filter((entry) => entry !== typeEntry);
  const special = isReadSpecially(schema);
  const valueEntry = rest.find((entry) => entry.key === "value");
  if (special) {
    for (const entry of rest) {
      if (entry === valueEntry) continue;
      reader.error(
        fieldPath(path, entry.key),
        `unknown field '${entry.key}'; ${schema.name} stands under 'value'`,
        entry.keyRange,
      );
    }
  }
  const content: SourceNode = special
    ? (valueEntry?.value ?? { kind: "null", start: node.start, end: node.end })
    : { ...node, entries: rest };
  const message = readNested(schema, content, special ? fieldPath(path, "value") : path, reader);
  if (message === undefined) return undefined;
  if (schema.name === "TypedStruct") checkTypedStruct(rest, path, reader, readNested);
  const any: Any = create(AnySchema, { typeUrl, value: toBinary(schema, message) });
  return any;
}

/** A TypedStruct's `value` is read a second time as the message that `type_url` names, for its mistakes. */
function checkTypedStruct(
  entries: SourceMap["entries"],
  path: string,
  reader: Reader,
  readNested: typeof readMessage,
): void {
  const url = entries.find(({ key }) => key === "type_url" || key === "typeUrl")?.value;
  const content = entries.find(({ key }) => key === "value")?.value;
  if (url?.kind !== "string" || content?.kind !== "map") return;
  const schema = messageInAny(typeNameOf(url.value));
  if (schema !== undefined && !isReadSpecially(schema))
    readNested(schema, content, fieldPath(path, "value"), reader);
}
