import { type DescEnum, ScalarType } from "@bufbuild/protobuf";
import { nearestName } from "../registry/nearest-name.ts";
import type { Reader } from "./reader.ts";
import { describeNode, type SourceNode } from "./source-node.ts";

export type ScalarValue = string | number | bigint | boolean | Uint8Array;

/** Reads a scalar as protobuf's JSON mapping does, numbers in quotes included. Undefined: a problem was reported. */
export function readScalar(
  type: ScalarType,
  node: SourceNode,
  path: string,
  reader: Reader,
): ScalarValue | undefined {
  switch (type) {
    case ScalarType.STRING:
      if (node.kind === "string") return node.value;
      return reader.error(path, `expected a string, found ${describeNode(node)}${quoteHint(node)}`, node);
    case ScalarType.BOOL:
      if (node.kind === "boolean") return node.value;
      if (node.kind === "string") {
        if (/^(?:true|t|yes|y|1)$/i.test(node.value)) return true;
        if (/^(?:false|f|no|n|0)$/i.test(node.value)) return false;
      }
      return reader.error(path, `expected true or false, found ${describeNode(node)}`, node);
    case ScalarType.BYTES:
      return readBytes(node, path, reader);
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return readFloat(type, node, path, reader);
    default:
      return readInteger(type, node, path, reader);
  }
}

function quoteHint(node: SourceNode): string {
  return node.kind === "number" || node.kind === "boolean" ? "; put it in quotes" : "";
}

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const FLOAT_MAX = 3.4028235677973366e38;

function readFloat(type: ScalarType, node: SourceNode, path: string, reader: Reader): number | undefined {
  let value: number | undefined;
  if (node.kind === "number") value = node.value;
  else if (node.kind === "string") {
    const named = {
      NaN: Number.NaN,
      Infinity: Number.POSITIVE_INFINITY,
      "-Infinity": Number.NEGATIVE_INFINITY,
    };
    if (NUMBER.test(node.value)) value = Number(node.value);
    else if (Object.hasOwn(named, node.value)) return named[node.value as keyof typeof named];
  }
  if (value === undefined) return reader.error(path, `expected a number, found ${describeNode(node)}`, node);
  if (!Number.isFinite(value) || (type === ScalarType.FLOAT && Math.abs(value) >= FLOAT_MAX)) {
    return reader.error(path, "the number is too large", node);
  }
  return value;
}

const INTEGERS: Partial<Record<ScalarType, readonly [min: bigint, max: bigint, big: boolean]>> = {
  [ScalarType.INT32]: [-(2n ** 31n), 2n ** 31n - 1n, false],
  [ScalarType.SINT32]: [-(2n ** 31n), 2n ** 31n - 1n, false],
  [ScalarType.SFIXED32]: [-(2n ** 31n), 2n ** 31n - 1n, false],
  [ScalarType.UINT32]: [0n, 2n ** 32n - 1n, false],
  [ScalarType.FIXED32]: [0n, 2n ** 32n - 1n, false],
  [ScalarType.INT64]: [-(2n ** 63n), 2n ** 63n - 1n, true],
  [ScalarType.SINT64]: [-(2n ** 63n), 2n ** 63n - 1n, true],
  [ScalarType.SFIXED64]: [-(2n ** 63n), 2n ** 63n - 1n, true],
  [ScalarType.UINT64]: [0n, 2n ** 64n - 1n, true],
  [ScalarType.FIXED64]: [0n, 2n ** 64n - 1n, true],
};

function readInteger(
  type: ScalarType,
  node: SourceNode,
  path: string,
  reader: Reader,
): number | bigint | undefined {
  const [min, max, big] = INTEGERS[type] ?? [0n, 0n, false];
  const value = integerOf(node);
  if (value === undefined)
    return reader.error(path, `expected an integer, found ${describeNode(node)}`, node);
  if (value < min || value > max) {
    return reader.error(path, `expected an integer from ${min} to ${max}, found ${value}`, node);
  }
  return big ? value : Number(value);
}

/** Integers may be written with a fraction of zero or an exponent (`5.0`, `1e3`). */
function integerOf(node: SourceNode): bigint | undefined {
  if (node.kind === "number") return Number.isInteger(node.value) ? BigInt(node.value) : undefined;
  if (node.kind !== "string") return undefined;
  if (/^-?(?:0|[1-9][0-9]{0,39})$/.test(node.value)) return BigInt(node.value);
  if (!NUMBER.test(node.value)) return undefined;
  const value = Number(node.value);
  return Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

function readBytes(node: SourceNode, path: string, reader: Reader): Uint8Array | undefined {
  if (node.kind === "string" && /^[A-Za-z0-9+/_-]*={0,2}$/.test(node.value)) {
    const digits = node.value.replace(/=+$/, "");
    if (digits.length % 4 !== 1) return new Uint8Array(Buffer.from(digits, "base64"));
  }
  return reader.error(path, `expected base64 text, found ${describeNode(node)}`, node);
}

/** By name (Envoy's reader takes any letter case) or number; numbers that the enum has not are kept, as proto3 does. */
export function readEnum(type: DescEnum, node: SourceNode, path: string, reader: Reader): number | undefined {
  if (node.kind === "string") {
    const wanted = node.value.toUpperCase();
    const found = type.values.find(
      (value) => value.name === node.value || value.name.toUpperCase() === wanted,
    );
    if (found !== undefined) return found.number;
  }
  const number = integerOf(node);
  if (number !== undefined && number >= -(2n ** 31n) && number < 2n ** 31n) return Number(number);
  const names = type.values.map((value) => value.name);
  const nearest = node.kind === "string" ? nearestName(node.value, names) : undefined;
  const listed = names.length > 12 ? `${names.slice(0, 12).join(", ")}, ...` : names.join(", ");
  const found =
    node.kind === "string" ? `unknown value '${node.value.slice(0, 60)}'` : `found ${describeNode(node)}`;
  const proposal = nearest === undefined ? `expected one of ${listed}` : `did you mean '${nearest}'?`;
  return reader.error(path, `${found}; ${proposal}`, node);
}
