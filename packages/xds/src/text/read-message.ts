import { type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { nearestName } from "../registry/nearest-name.ts";
import { readEnum, readScalar, type ScalarValue } from "./read-scalar.ts";
import { isReadSpecially, readWellKnown } from "./read-well-known.ts";
import { fieldPath, type Reader } from "./reader.ts";
import { describeNode, type SourceEntry, type SourceNode } from "./source-node.ts";

/**
 * Reads `node` as a message of type `schema`, as Envoy's reader does. Never stops at a problem: each is reported to
 * `reader` and the field left unset. Undefined only when the node is no such message at all.
 */
export function readMessage(
  schema: DescMessage,
  node: SourceNode,
  path: string,
  reader: Reader,
): Message | undefined {
  return reader.enter(path, node, () => {
    if (isReadSpecially(schema)) return readWellKnown(schema, node, path, reader, readMessage);
    return readFields(schema, node, path, reader);
  });
}

function readFields(
  schema: DescMessage,
  node: SourceNode,
  path: string,
  reader: Reader,
): Message | undefined {
  const message = reflect(schema);
  if (node.kind === "null") return message.message;
  if (node.kind !== "map") {
    return reader.error(path, `expected an object (${schema.name}), found ${describeNode(node)}`, node);
  }
  const fields = fieldsByName(schema);
  const set = new Map<DescField, string>();
  for (const entry of node.entries) {
    const field = fields.get(entry.key);
    if (field === undefined) {
      reportUnknownField(schema, entry, path, reader);
      continue;
    }
    const here = fieldPath(path, field.name);
    reader.place(here, entry.keyRange, entry.value);
    if (isAbsent(field, entry.value)) continue;
    const other = set.get(field);
    if (other !== undefined) {
      reader.warn(here, `'${other}' and '${entry.key}' are one field; set it once`, entry.keyRange);
    }
    set.set(field, entry.key);
    const rival = field.oneof?.fields.find((sibling) => sibling !== field && set.has(sibling));
    if (rival !== undefined) {
      reader.error(here, `only one of '${rival.name}' and '${field.name}' can be set`, entry.keyRange);
      continue;
    }
    readField(message, field, entry.value, here, reader);
  }
  return message.message;
}

function readField(
  message: ReflectMessage,
  field: DescField,
  node: SourceNode,
  path: string,
  reader: Reader,
): void {
  if (field.fieldKind === "list") {
    // Envoy's reader takes a single value for a list of one.
    const items = node.kind === "list" ? node.items : [node];
    const list = message.get(field);
    items.forEach((item, index) => {
      const itemPath = `${path}[${index}]`;
      reader.place(itemPath, item, item);
      const value = readItem(field.message ?? field.enum ?? field.scalar, item, itemPath, reader);
      if (value !== undefined) list.add(value);
    });
    return;
  }
  if (field.fieldKind === "map") {
    readMap(message, field, node, path, reader);
    return;
  }
  const value = readItem(field.message ?? field.enum ?? field.scalar, node, path, reader);
  if (value !== undefined) message.set(field, value);
}

function readMap(
  message: ReflectMessage,
  field: DescField & { fieldKind: "map" },
  node: SourceNode,
  path: string,
  reader: Reader,
): void {
  if (node.kind !== "map") {
    reader.error(path, `expected an object of names and values, found ${describeNode(node)}`, node);
    return;
  }
  const map = message.get(field);
  for (const entry of node.entries) {
    const entryPath = `${path}[${entry.key}]`;
    reader.place(entryPath, entry.keyRange, entry.value);
    const key = readMapKey(field.mapKey, entry, entryPath, reader);
    const value = readItem(field.message ?? field.enum ?? field.scalar, entry.value, entryPath, reader);
    if (key !== undefined && value !== undefined) map.set(key, value);
  }
}

/** Keys are always text; protobuf's JSON mapping reads them as the key's type. */
function readMapKey(
  type: ScalarType,
  entry: SourceEntry,
  path: string,
  reader: Reader,
): Exclude<ScalarValue, Uint8Array> | undefined {
  if (type === ScalarType.STRING) return entry.key;
  const key = readScalar(type, { kind: "string", value: entry.key, ...entry.keyRange }, path, reader);
  return key instanceof Uint8Array ? undefined : key;
}

type ItemType = NonNullable<DescField["message"] | DescField["enum"] | DescField["scalar"]>;

function readItem(
  type: ItemType,
  node: SourceNode,
  path: string,
  reader: Reader,
): ScalarValue | ReflectMessage | undefined {
  if (typeof type === "object" && type.kind === "message") {
    const message = readMessage(type, node, path, reader);
    return message === undefined ? undefined : reflect(type, message);
  }
  return reader.enter(path, node, () =>
    typeof type === "object" ? readEnum(type, node, path, reader) : readScalar(type, node, path, reader),
  );
}

/** `null` leaves a field unset, except where null is a value. */
function isAbsent(field: DescField, node: SourceNode): boolean {
  return (
    node.kind === "null" &&
    field.message?.typeName !== "google.protobuf.Value" &&
    field.enum?.typeName !== "google.protobuf.NullValue"
  );
}

const fieldNames = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>();

/** Fields under both spellings, `connect_timeout` and `connectTimeout`. */
export function fieldsByName(schema: DescMessage): ReadonlyMap<string, DescField> {
  let fields = fieldNames.get(schema);
  if (fields === undefined) {
    fields = new Map(
      schema.fields.flatMap((field) => [[field.jsonName, field] as const, [field.name, field] as const]),
    );
    fieldNames.set(schema, fields);
  }
  return fields;
}

function reportUnknownField(schema: DescMessage, entry: SourceEntry, path: string, reader: Reader): void {
  const names = schema.fields.map((field) => field.name);
  const nearest = nearestName(entry.key, names);
  const shown = entry.key.length > 60 ? `${entry.key.slice(0, 57)}...` : entry.key;
  const proposal =
    nearest !== undefined
      ? `; did you mean '${nearest}'?`
      : names.length === 0
        ? `; ${schema.name} has no fields`
        : names.length <= 8
          ? `; ${schema.name} has ${names.join(", ")}`
          : ` in ${schema.typeName}`;
  reader.error(fieldPath(path, shown), `unknown field '${shown}'${proposal}`, entry.keyRange);
}
