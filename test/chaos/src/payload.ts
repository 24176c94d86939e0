import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const POOL = randomBytes(1 << 20);

/** `bytes` octets (at most 512 KiB) that differ with `seed`. */
export function payload(seed: number, bytes: number): Buffer {
  const from = (seed * 7919) % (POOL.length - bytes);
  return POOL.subarray(from, from + bytes);
}

/** Size and CRC-32 of what came, in pieces. */
export class Digest {
  bytes = 0;
  private crc = 0;

  add(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.crc = crc32(chunk, this.crc);
  }

  toString(): string {
    return `${this.bytes}-${this.crc}`;
  }
}

export function digestOf(body: Uint8Array): string {
  const digest = new Digest();
  digest.add(body);
  return digest.toString();
}
