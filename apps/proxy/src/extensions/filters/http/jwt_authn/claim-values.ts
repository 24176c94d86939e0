import { toBinaryString } from "@sluice/matching";
import { isJsonObject, type JsonObject, member } from "./json-object.ts";

/** Below `path`, each name a member of what the one before it holds; undefined: there is no such claim. */
export function claimAt(payload: JsonObject, path: readonly string[]): unknown {
  let value: unknown = payload;
  for (const name of path) {
    if (!isJsonObject(value)) return undefined;
    value = member(value, name);
  }
  return value;
}

const UINT64_END = 2 ** 64;

/** A claim as a header's value, an octet a char; "": it has none. Lists and objects are base64 of their JSON. */
export function claimText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return toBinaryString(value);
    case "boolean":
      return String(value);
    case "number":
      return value >= 0 && value < UINT64_END && Number.isInteger(value)
        ? BigInt(value).toString()
        : sixDecimals(value);
    case "object":
      return value === null ? "" : Buffer.from(printJson(value)).toString("base64");
    default:
      return "";
  }
}

/** As C prints a double by `%f`; `toFixed` changes its ways at 1e21. */
function sixDecimals(value: number): string {
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

/** Protobuf's printer has no bare angle brackets. */
function printJson(value: object): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e");
}

/** Texts in the given claims become lists of the words between their spaces; one without words stays as it is. */
export function withWordLists(payload: JsonObject, claims: readonly string[]): JsonObject {
  if (claims.length === 0) return payload;
  const normalized: Record<string, unknown> = { ...payload };
  for (const claim of claims) {
    const text = member(payload, claim);
    const words = typeof text === "string" ? text.split(" ").filter((word) => word !== "") : [];
    if (words.length > 0) normalized[claim] = words;
  }
  return normalized;
}
