import { type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import fc from "fast-check";
import { packAny } from "../registry/any.ts";
import { messageDescriptor } from "../registry/api-registry.ts";

/** Random messages of `schema`: every kind of field, Any and Struct included, nested `depth` deep, each field rarely set. */
export function anyMessage(schema: DescMessage, depth = 4): fc.Arbitrary<Message> {
  return fc.infiniteStream(fc.nat()).map((numbers) => {
    const next = (limit: number): number => Number(numbers.next().value ?? 0) % limit;
    return new MessageMaker(next).make(schema, depth).message;
  });
}

const WORDS = [
  "",
  "a",
  "yes",
  "1.5",
  "0x10",
  "null",
  "~",
  "two words",
  "ä€😀",
  "# no: comment",
  "a\nb\n",
  "'\"",
  "<<",
  "- x",
  "NaN",
];
const EXTENSIONS = [
  "envoy.extensions.filters.http.cors.v3.Cors",
  "envoy.extensions.filters.http.fault.v3.HTTPFault",
  "google.protobuf.Duration",
];

class MessageMaker {
  private readonly next: (limit: number) => number;
  private fieldsLeft = 60;

  constructor(next: (limit: number) => number) {
    this.next = next;
  }

  make(schema: DescMessage, depth: number): ReflectMessage {
    const message = reflect(schema);
    if (schema.typeName === "google.protobuf.Any") return this.makeAny(schema, depth);
    const taken = new Set<string>();
    for (const field of schema.fields) {
      if (this.fieldsLeft <= 0 || this.next(3) !== 0) continue;
      if (field.oneof !== undefined && taken.has(field.oneof.name)) continue;
      if (field.message !== undefined && depth <= 0) continue;
      if (field.oneof !== undefined) taken.add(field.oneof.name);
      this.fieldsLeft--;
      this.fill(message, field, depth);
    }
    // A Value without a kind has no JSON form, and times beyond JSON's range have none either.
    if (schema.typeName === "google.protobuf.Value" && taken.size === 0) {
      for (const field of schema.fields) if (field.name === "string_value") message.set(field, "x");
    }
    return message;
  }

  private fill(message: ReflectMessage, field: DescField, depth: number): void {
    if (field.fieldKind === "list") {
      const list = message.get(field);
      for (let left = this.next(3); left >= 0; left--) list.add(this.item(field, depth));
    } else if (field.fieldKind === "map") {
      const map = message.get(field);
      const key =
        field.mapKey === ScalarType.STRING
          ? WORDS[this.next(WORDS.length)]
          : this.scalar(field.mapKey, field);
      if (key !== undefined && !(key instanceof Uint8Array)) map.set(key, this.item(field, depth));
    } else {
      message.set(field, this.item(field, depth));
    }
  }

  private item(field: DescField, depth: number): unknown {
    if (field.message !== undefined) return this.make(field.message, depth - 1);
    if (field.enum !== undefined) return field.enum.values[this.next(field.enum.values.length)]?.number ?? 0;
    return this.scalar(field.scalar ?? ScalarType.STRING, field);
  }

  private makeAny(schema: DescMessage, depth: number): ReflectMessage {
    const inner = messageDescriptor(EXTENSIONS[this.next(EXTENSIONS.length)] ?? "");
    return reflect(schema, packAny(inner, this.make(inner, depth - 1).message));
  }

  private scalar(type: ScalarType, field: DescField): string | number | bigint | boolean | Uint8Array {
    switch (type) {
      case ScalarType.STRING:
        return field.parent?.typeName === "google.protobuf.FieldMask"
          ? "some_name.other"
          : (WORDS[this.next(WORDS.length)] ?? "");
      case ScalarType.BOOL:
        return this.next(2) === 1;
      case ScalarType.BYTES:
        return Uint8Array.from({ length: this.next(6) }, () => this.next(256));
      case ScalarType.DOUBLE:
        return field.parent?.typeName === "google.protobuf.Value"
          ? 7
          : ([0.1, -2.5e300, 3, Number.NaN, Number.POSITIVE_INFINITY][this.next(5)] ?? 0);
      case ScalarType.FLOAT:
        return Math.fround([0.1, 16777216, -1e-20][this.next(3)] ?? 0);
      case ScalarType.INT64:
      case ScalarType.SINT64:
      case ScalarType.SFIXED64:
        return [0n, 5n, 86_400n, 253_402_300_799n][this.next(4)] ?? 0n;
      case ScalarType.UINT64:
      case ScalarType.FIXED64:
        return [0n, 1n, 2n ** 64n - 1n][this.next(3)] ?? 0n;
      case ScalarType.UINT32:
      case ScalarType.FIXED32:
        return [0, 1, 2 ** 32 - 1][this.next(3)] ?? 0;
      default:
        return [0, 1, 999_999_999][this.next(3)] ?? 0;
    }
  }
}
