import { isUtf8 } from "node:buffer";

/** What JSON cannot hold as it is (RFC 8259 §7), octets beyond ASCII, and surrogates, which may stand alone. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const SPECIAL = /["\\\u0000-\u001f\u0080-\u00ff\ud800-\udfff]/;
const NO_OCTETS = /[\u0100-\uffff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ESCAPED_OCTET = /["\\\u0000-\u001f\u007f-\u00ff]/g;

/** `text` as JSON: as `JSON.stringify`, but without its price for what needs no escape. Octets that are no UTF-8 are escaped one by one, as in Envoy. */
export function quoteJson(text: string): string {
  if (!SPECIAL.test(text)) return `"${text}"`;
  if (NO_OCTETS.test(text) || isUtf8(Buffer.from(text, "latin1"))) return JSON.stringify(text);
  return `"${text.replace(ESCAPED_OCTET, escapeOctet)}"`;
}

const escapeOctet = (octet: string): string => `\\u${octet.charCodeAt(0).toString(16).padStart(4, "0")}`;
