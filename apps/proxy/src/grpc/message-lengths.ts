const PREFIX_BYTES = 5;

/** Looks at the length prefixes of gRPC messages as they come in, however the bytes are cut, and keeps nothing else. */
export class MessageLengths {
  readonly #bytesMax: number;
  #prefixSeen = 0;
  #length = 0;
  /** Of the message at hand, still to come. */
  #left = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether a message is longer than it may be. */
  exceeds(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
        continue;
      }
      // The first octet tells of compression.
      this.#length = this.#prefixSeen === 0 ? 0 : this.#length * 256 + (chunk[at] ?? 0);
      at++;
      if (++this.#prefixSeen < PREFIX_BYTES) continue;
      this.#prefixSeen = 0;
      if (this.#length > this.#bytesMax) return true;
      this.#left = this.#length;
    }
    return false;
  }
}
