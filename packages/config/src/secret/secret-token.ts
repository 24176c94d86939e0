import { createHmac } from "node:crypto";

/**
 * What stands in a stored text where a secret's value is. As it is base64 of whole bytes, a field of bytes takes it as well as a
 * string: a text with tokens parses and is judged, compared and hashed like any other.
 */
const TOKEN = /^sealed\/[0-9a-f]{41}$/;
const PREFIX = "sealed/";
const HEX_DIGITS = 41;

export function isToken(value: string): boolean {
  return TOKEN.test(value);
}

/** Equal for equal values of one field; without `hashKey` nothing can be guessed from it. */
export function tokenOf(hashKey: Uint8Array, field: string, value: Uint8Array): string {
  const hash = createHmac("sha256", hashKey).update(`${field}\0`).update(value).digest("hex");
  return PREFIX + hash.slice(0, HEX_DIGITS);
}
