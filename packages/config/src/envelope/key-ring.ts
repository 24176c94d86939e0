import { createHash } from "node:crypto";

export interface SecretKey {
  /** Twelve hex digits that tell keys apart and tell nothing of the key. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** `current` seals; `older` ones still open what they sealed. */
export interface KeyRing {
  readonly current: SecretKey;
  readonly older: readonly SecretKey[];
  /** Reads the keys anew from where they are kept; true when they have changed. Absent where they are fixed. */
  readonly reload?: () => boolean;
  /** The file that this server made and may add keys to; undefined: keys come from the operator. */
  readonly ownFile?: string | undefined;
}

/**
 * Reads keys apart by white space or commas: 32 bytes each, in base64, base64url or hex; the first is the current one. To
 * rotate, put a new key first, start every replica again, and take the old one out later.
 *
 * @throws Error with one line that says how to make a key
 */
export function parseKeyRing(text: string): KeyRing {
  const [current, ...older] = text
    .split(/[\s,]+/)
    .filter((part) => part !== "")
    .map(parseKey);
  if (current === undefined) throw new Error(`is empty: ${HOW}`);
  return { current, older };
}

const HOW = "make a key with `openssl rand -base64 32`";

function parseKey(text: string): SecretKey {
  const key = /^[0-9a-f]{64}$/i.test(text)
    ? Buffer.from(text, "hex")
    : /^[A-Za-z0-9+/_-]{43}=?$/.test(text)
      ? Buffer.from(text, "base64")
      : undefined;
  if (key?.length !== 32) throw new Error(`is not 32 bytes in base64 or hex: ${HOW}`);
  const id = createHash("sha256").update("sluice secret key id\0").update(key).digest("hex").slice(0, 12);
  return { id, key };
}
