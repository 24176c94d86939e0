/** RFC 4648 §4, padded; `undefined` for anything else, the empty text and bits behind the last octet (§3.5) included. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text === "") return undefined;
  const octets = Buffer.from(text, "base64");
  // Node reads what it can of any text.
  return octets.toString("base64") === text ? octets : undefined;
}

/** The same, with all of its padding, some or none. */
export function decodeUnpaddedBase64(text: string): Uint8Array | undefined {
  const bare = text.replace(/={1,2}$/, "");
  return bare.endsWith("=") ? undefined : decodeBase64(bare.padEnd(Math.ceil(bare.length / 4) * 4, "="));
}
