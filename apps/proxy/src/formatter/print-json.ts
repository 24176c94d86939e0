import { quoteJson } from "./quote-json.ts";

/**
 * As `JSON.stringify`, but as Envoy prints metadata: octets that are no UTF-8 are escaped, whole numbers have all of their digits, and
 * what is no JSON number is `inf`, `-inf` or null.
 */
export function printJson(value: unknown): string {
  if (typeof value === "string") return quoteJson(value);
  if (typeof value === "number") return printNumber(value);
  if (Array.isArray(value)) return `[${value.map(printJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${quoteJson(key)}:${printJson(member)}`).join(",")}}`;
}

/** From here on JavaScript writes powers of ten. */
const EXPONENTS = 1e21;

function printNumber(value: number): string {
  if (Number.isNaN(value)) return "null";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const isLong = Math.abs(value) > Number.MAX_SAFE_INTEGER && Math.abs(value) < EXPONENTS;
  return isLong ? String(BigInt(value)) : String(value);
}
