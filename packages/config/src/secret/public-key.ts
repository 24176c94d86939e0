import { createHash, createPublicKey, type KeyObject } from "node:crypto";

export const UNREADABLE_KEY = "unreadable";

/** SHA-256 of a private key's public half, hex; UNREADABLE_KEY; undefined for an encrypted one, which tells nothing. */
export function publicKeyOfPrivate(pem: Uint8Array): string | undefined {
  const text = Buffer.from(pem).toString("latin1");
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(text)) return undefined;
  try {
    return publicKeyHash(createPublicKey(text));
  } catch {
    return UNREADABLE_KEY;
  }
}

export function publicKeyHash(key: KeyObject): string {
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");
}
