/** Counts the messages of a gRPC body: each begins with a flag octet and its length in four. */
export class GrpcFrameCounter {
  count = 0;
  /** Octets of the current message's head so far, 0 to 4, and what is left of its body. */
  #head = 0;
  #length = 0;
  #left = 0;

  add(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        at += step;
        continue;
      }
      const octet = chunk[at++] ?? 0;
      if (this.#head === 0) {
        this.count++;
        this.#length = 0;
      } else this.#length = this.#length * 256 + octet;
      if (++this.#head < 5) continue;
      this.#head = 0;
      this.#left = this.#length;
    }
  }
}
