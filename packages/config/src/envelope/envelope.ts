import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { KeyRing, SecretKey } from "./key-ring.ts";

const PREFIX = "sealed1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Why something sealed cannot be opened. */
export class EnvelopeError extends Error {
  override readonly name = "EnvelopeError";
}

/**
 * Envelope encryption: the value under a data key of its own, the data key under the ring's current key, both AES-256-GCM.
 * The text names the key, so that keys may be rotated: older ones open, `reseal` moves a value to the current one without
 * touching its ciphertext.
 *
 * @param purpose bound to the value (`authority/nodes`): a sealed text that was moved to another place does not open there
 * @returns `sealed1.<key id>.<wrapped data key>.<value>`, base64url
 */
export function seal(ring: KeyRing, purpose: string, value: Uint8Array): string {
  const dataKey = randomBytes(32);
  return [
    PREFIX,
    ring.current.id,
    encrypt(ring.current.key, `key ${purpose}`, dataKey).toString("base64url"),
    encrypt(dataKey, `value ${purpose}`, value).toString("base64url"),
  ].join(".");
}

/** @throws EnvelopeError when the ring has not the key, or the text or purpose is not what was sealed */
export function unseal(ring: KeyRing, purpose: string, sealed: string): Buffer {
  const parts = read(sealed);
  return decrypt(unwrap(ring, purpose, parts), `value ${purpose}`, parts.value);
}

/** The same value under the ring's current key; the very text when it is already. Throws as `unseal` does. */
export function reseal(ring: KeyRing, purpose: string, sealed: string): string {
  const parts = read(sealed);
  if (parts.keyId === ring.current.id) return sealed;
  const wrapped = encrypt(ring.current.key, `key ${purpose}`, unwrap(ring, purpose, parts));
  return [PREFIX, ring.current.id, wrapped.toString("base64url"), parts.value.toString("base64url")].join(
    ".",
  );
}

interface SealedParts {
  readonly keyId: string;
  readonly wrapped: Buffer;
  readonly value: Buffer;
}

function read(sealed: string): SealedParts {
  const [prefix, keyId, wrapped, value, ...more] = sealed.split(".");
  if (
    prefix !== PREFIX ||
    keyId === undefined ||
    wrapped === undefined ||
    value === undefined ||
    more.length > 0
  )
    throw new EnvelopeError("this is not a sealed value");
  return { keyId, wrapped: Buffer.from(wrapped, "base64url"), value: Buffer.from(value, "base64url") };
}

function unwrap(ring: KeyRing, purpose: string, { keyId, wrapped }: SealedParts): Buffer {
  const find = () => [ring.current, ...ring.older].find(({ id }: SecretKey) => id === keyId);
  // Another process may have begun with a new key since the file was read.
  const key = find() ?? (ring.reload?.() === true ? find() : undefined);
  if (key === undefined) {
    const known = [ring.current, ...ring.older].map(({ id }) => id).join(", ");
    throw new EnvelopeError(`sealed with the secret key ${keyId}; here is ${known}`);
  }
  return decrypt(key.key, `key ${purpose}`, wrapped);
}

function encrypt(key: Uint8Array, aad: string, value: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(aad));
  const encrypted = [cipher.update(value), cipher.final()];
  return Buffer.concat([nonce, ...encrypted, cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, aad: string, value: Buffer): Buffer {
  try {
    const tagAt = value.length - TAG_BYTES;
    const decipher = createDecipheriv("aes-256-gcm", key, value.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(aad));
    decipher.setAuthTag(value.subarray(tagAt));
    return Buffer.concat([decipher.update(value.subarray(NONCE_BYTES, tagAt)), decipher.final()]);
  } catch {
    throw new EnvelopeError("a sealed value is damaged, or was sealed for another purpose");
  }
}
