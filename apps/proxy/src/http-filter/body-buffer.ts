/** Chunks kept for a stopped filter; counted, joined only when somebody looks. */
export class BodyBuffer {
  bytes = 0;
  private chunks: Uint8Array[] = [];

  /** Copies: a chunk is only lent. */
  add(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.chunks.push(Buffer.from(chunk));
    this.bytes += chunk.length;
  }

  joined(): Uint8Array {
    if (this.chunks.length !== 1) this.chunks = [Buffer.concat(this.chunks, this.bytes)];
    return this.chunks[0] ?? EMPTY;
  }

  replace(body: Uint8Array): void {
    this.chunks = [body];
    this.bytes = body.length;
  }
}

const EMPTY = Buffer.alloc(0);
