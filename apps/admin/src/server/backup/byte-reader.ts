/** Reads a stream of chunks in pieces of known length. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Buffer[] = [];
  #length = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Undefined at the end; fewer bytes than asked for where the stream breaks off. */
  async read(length: number): Promise<Buffer | undefined> {
    while (this.#length < length) {
      const { done, value } = await this.#chunks.next();
      if (done === true) break;
      this.#held.push(Buffer.from(value));
      this.#length += value.length;
    }
    if (this.#length === 0 && length > 0) return undefined;
    const all = this.#held.length === 1 ? (this.#held[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#held);
    const taken = all.subarray(0, length);
    const rest = all.subarray(taken.length);
    this.#held = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
    return taken;
  }
}
