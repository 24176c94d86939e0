const HEAD_BYTES = 5;

/** Cuts a gRPC body into its messages, heads included. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are whole with this chunk, which is copied. */
  read(chunk: Uint8Array): readonly Buffer[] {
    const all = Buffer.concat([this.#rest, chunk]);
    const frames: Buffer[] = [];
    let at = 0;
    while (all.length - at >= HEAD_BYTES) {
      const end = at + HEAD_BYTES + all.readUInt32BE(at + 1);
      if (end > all.length) break;
      frames.push(all.subarray(at, end));
      at = end;
    }
    this.#rest = all.subarray(at);
    return frames;
  }
}
