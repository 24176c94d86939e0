/** The request's body as far as a try may still want it. */
export class KeptBody {
  bytes = 0;
  /** Most requests have none: they share an empty list. */
  chunks: readonly Uint8Array[] = NONE;
  private own: Uint8Array[] | undefined = undefined;

  /** Copies: a chunk is only lent. */
  add(chunk: Uint8Array): void {
    const copy = Buffer.from(chunk);
    if (this.own === undefined) {
      this.own = [copy];
      this.chunks = this.own;
    } else this.own.push(copy);
    this.bytes += chunk.length;
  }

  clear(): void {
    this.bytes = 0;
    this.chunks = NONE;
    this.own = undefined;
  }
}

const NONE: readonly Uint8Array[] = Object.freeze([]);
