const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** RFC 4648 §4, padded; `undefined` for anything else, the empty text included. */
export function decodeBase64(text: string): Uint8Array | undefined {
  return text !== "" && BASE64.test(text) ? Buffer.from(text, "base64") : undefined;
}
