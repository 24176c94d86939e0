import { type CelValue, isCelList, isCelMap, isCelType, isCelUint } from "@bufbuild/cel";
import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { isReflectMessage } from "@bufbuild/protobuf/reflect";
import { toBinaryString } from "@sluice/matching";
import { MESSAGES } from "./environment.ts";
import { printCelValue } from "./print-cel-value.ts";
import { TypedValue } from "./typed-value.ts";

/** Whole numbers that a double holds exactly; larger ones are texts, as in protobuf's JSON. */
const EXACT_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** The value for JSON (texts in octets); undefined: it has no such form, as types have none, nor what cannot be listed. */
export function exportValue(value: CelValue): string | number | boolean | object | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return toBinaryString(value);
  if (typeof value === "bigint") return whole(value);
  try {
    return new TypedValue(printCelValue(value), json(value));
  } catch {
    return undefined;
  }
}

const whole = (value: bigint): number | string =>
  value > EXACT_MAX || value < -EXACT_MAX ? String(value) : Number(value);

/** Throws on what has no form in JSON. */
function json(value: CelValue): unknown {
  switch (typeof value) {
    case "boolean":
      return value;
    case "bigint":
      return whole(value);
    case "number":
      return value;
    case "string":
      return toBinaryString(value);
    default:
      break;
  }
  if (value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (isCelUint(value)) return whole(value.value);
  if (isCelList(value)) return [...value].map(json);
  if (isCelMap(value)) {
    const members: [string, unknown][] = [];
    for (const [key, member] of value)
      members.push([toBinaryString(isCelUint(key) ? String(key.value) : String(key)), json(member)]);
    return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  if (isCelType(value) || !isReflectMessage(value)) throw new Error("has no form in JSON");
  return octets(toJson(value.desc, value.message, { useProtoFieldName: true, registry: MESSAGES }));
}

/** Texts as lines of logs have them, members in the order of their names. */
function octets(value: JsonValue): unknown {
  if (typeof value === "string") return toBinaryString(value);
  if (Array.isArray(value)) return value.map(octets);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, member]) => [toBinaryString(key), octets(member)]));
}
