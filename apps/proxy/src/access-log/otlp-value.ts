import { create } from "@bufbuild/protobuf";
import { type Compiled, type Problem, refuse } from "@sluice/extension-api";
import {
  type AnyValue,
  type KeyValue,
  KeyValueSchema,
} from "@sluice/xds/gen/opentelemetry/proto/common/v1/common_pb.js";
import { compileProviders, printValue } from "../formatter/compile-substitution-format.ts";
import type { FormatContext } from "../formatter/format-context.ts";
import type { OperatorTable } from "../formatter/operator.ts";
import type { ProtoWriter } from "../grpc/proto-writer.ts";

/** Writes one `opentelemetry.proto.common.v1.AnyValue` as `field` of the message at hand. */
export type WriteAnyValue = (writer: ProtoWriter, field: number, context: FormatContext) => void;

/** Fields of AnyValue, ArrayValue, KeyValueList and KeyValue. */
const STRING = 1;
const ARRAY = 5;
const KVLIST = 6;
const VALUES = 1;
const KEY = 1;
const VALUE = 2;

/** A `KeyValue` of two texts, as a message. */
export function textAttribute(key: string, text: string): KeyValue {
  return create(KeyValueSchema, { key, value: { value: { case: "stringValue", value: text } } });
}

/** A `KeyValue` of two texts as `field` of the message at hand. */
export function writeText(writer: ProtoWriter, field: number, key: string, value: string): void {
  const pair = writer.begin(field);
  writer.string(KEY, key);
  const any = writer.begin(VALUE);
  writer.headerString(STRING, value);
  writer.end(any);
  writer.end(pair);
}

/** Texts hold command operators; lists and maps may be nested. Other kinds are problems, as in Envoy. */
export function compileAnyValue(
  { value }: AnyValue,
  path: string,
  operators: OperatorTable,
): Compiled<WriteAnyValue> {
  switch (value.case) {
    case "stringValue":
      return compileText(value.value, `${path}.string_value`, operators);
    case "arrayValue": {
      const problems: Problem[] = [];
      const items = value.value.values.flatMap((item, i) => {
        const compiled = compileAnyValue(item, `${path}.array_value.values[${i}]`, operators);
        if (compiled.ok) return [compiled.value];
        problems.push(...compiled.problems);
        return [];
      });
      if (problems.length > 0) return { ok: false, problems };
      return {
        ok: true,
        value: (writer, field, context) => {
          const any = writer.begin(field);
          const array = writer.begin(ARRAY);
          for (const write of items) write(writer, VALUES, context);
          writer.end(array);
          writer.end(any);
        },
      };
    }
    case "kvlistValue": {
      const pairs = compileAttributes(value.value.values, `${path}.kvlist_value.values`, operators);
      if (!pairs.ok) return pairs;
      return {
        ok: true,
        value: (writer, field, context) => {
          const any = writer.begin(field);
          const list = writer.begin(KVLIST);
          pairs.value(writer, VALUES, context);
          writer.end(list);
          writer.end(any);
        },
      };
    }
    case undefined:
      return { ok: true, value: (writer, field) => writer.end(writer.begin(field)) };
    default: {
      const message = "only string_value, array_value and kvlist_value are possible";
      return refuse(path, message);
    }
  }
}

/** A list of `KeyValue`, each written as `field`. */
export function compileAttributes(
  pairs: readonly KeyValue[],
  path: string,
  operators: OperatorTable,
): Compiled<WriteAnyValue> {
  const problems: Problem[] = [];
  const compiled: (readonly [key: string, write: WriteAnyValue])[] = [];
  for (const [i, { key, value }] of pairs.entries()) {
    if (value === undefined) continue;
    const write = compileAnyValue(value, `${path}[${i}].value`, operators);
    if (write.ok) compiled.push([key, write.value]);
    else problems.push(...write.problems);
  }
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: (writer, field, context) => {
      for (const [key, write] of compiled) {
        const pair = writer.begin(field);
        writer.string(KEY, key);
        write(writer, VALUE, context);
        writer.end(pair);
      }
    },
  };
}

function compileText(text: string, path: string, operators: OperatorTable): Compiled<WriteAnyValue> {
  const parts = compileProviders(text, path, operators);
  if (!parts.ok) return parts;
  return {
    ok: true,
    value: (writer, field, context) => {
      let out = "";
      for (const part of parts.value) out += typeof part === "string" ? part : printValue(part(context), "-");
      const any = writer.begin(field);
      writer.headerString(STRING, out);
      writer.end(any);
    },
  };
}
