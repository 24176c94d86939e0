import type { JwtStatus } from "./jwt-status.ts";

/** A JSON object as it came from outside; only its own members count. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Undefined: not UTF-8, no JSON, or no object. */
export function parseJsonObject(octets: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(UTF8.decode(octets));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined where there is no such member. */
export function member(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** A text that may be missing, or what to say of another value. */
export function textMember(
  object: JsonObject,
  name: string,
  otherwise: JwtStatus,
): { readonly text: string | undefined } | { readonly status: JwtStatus } {
  const value = member(object, name);
  return value === undefined || typeof value === "string" ? { text: value } : { status: otherwise };
}

/**
 * RFC 4648 §5 as Envoy reads it: padding may be there or not, white space and bits behind the last octet do not count. Undefined: nothing
 * of that kind.
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bare = /[\t-\r ]/.test(text) ? text.replaceAll(/[\t-\r ]/g, "") : text;
  const parts = /^([A-Za-z0-9_-]*)(={0,2})$/.exec(bare);
  if (parts === null) return undefined;
  const [, letters = "", padding = ""] = parts;
  const wanted = (4 - (letters.length % 4)) % 4;
  if (wanted === 3 || (padding !== "" && padding.length !== wanted)) return undefined;
  return Buffer.from(letters, "base64url");
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
