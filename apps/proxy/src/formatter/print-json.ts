import { printDouble } from "./print-double.ts";
import { quoteJson } from "./quote-json.ts";

/** As `JSON.stringify`, but as Envoy prints metadata: octets that are no UTF-8 are escaped, and numbers are as `printDouble` has them. */
export function printJson(value: unknown): string {
  if (typeof value === "string") return quoteJson(value);
  if (typeof value === "number") return printDouble(value);
  if (Array.isArray(value)) return `[${value.map(printJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${quoteJson(key)}:${printJson(member)}`).join(",")}}`;
}
