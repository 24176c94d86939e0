/** What JSON cannot hold as it is (RFC 8259 §7), and surrogates, which may stand alone. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/** `text` as JSON: as `JSON.stringify`, but without its price for what needs no escape. */
export function quoteJson(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}
