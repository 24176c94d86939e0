/** The request's body as far as a try may still want it. */
export class KeptBody {
  bytes = 0;
  chunks: Uint8Array[] = [];

  /** Copies: a chunk is only lent. */
  add(chunk: Uint8Array): void {
    this.chunks.push(Buffer.from(chunk));
    this.bytes += chunk.length;
  }

  clear(): void {
    if (this.chunks.length === 0) return;
    this.bytes = 0;
    this.chunks = [];
  }
}
