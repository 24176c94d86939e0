const PREFIX_BYTES = 5;

/** Cuts a stream of bytes into gRPC messages, however they come. */
export class MessageReader {
  readonly #bytesMax: number;
  readonly #onMessage: (message: Buffer) => void;
  #pending: Buffer = Buffer.alloc(0);

  /** `bytesMax`: of one message. */
  constructor(bytesMax: number, onMessage: (message: Buffer) => void) {
    this.#bytesMax = bytesMax;
    this.#onMessage = onMessage;
  }

  /** False: this is no sequence of uncompressed messages of the allowed length; nothing more may come. `chunk` is borrowed. */
  read(chunk: Uint8Array): boolean {
    let bytes = this.#pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#pending, chunk]);
    while (bytes.length >= PREFIX_BYTES) {
      const length = bytes.readUInt32BE(1);
      if (bytes[0] !== 0 || length > this.#bytesMax) return false;
      const end = PREFIX_BYTES + length;
      if (bytes.length < end) break;
      this.#onMessage(bytes.subarray(PREFIX_BYTES, end));
      bytes = bytes.subarray(end);
    }
    this.#pending = bytes;
    return true;
  }
}
