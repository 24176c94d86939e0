import { isUtf8 } from "node:buffer";

/** Bytes reserved for the length of a nested message: enough for 2 MiB, written as a padded varint. */
const LENGTH_BYTES = 3;

/**
 * Writes protobuf's wire format without building messages first: telemetry is encoded once per request. Fields with
 * default values are left out (proto3). One writer may be used again after `finish`.
 */
export class ProtoWriter {
  #buffer = Buffer.allocUnsafe(4096);
  #at = 0;

  /** What was written; valid until the next write. */
  finish(): Uint8Array {
    const bytes = this.#buffer.subarray(0, this.#at);
    this.#at = 0;
    return bytes;
  }

  get length(): number {
    return this.#at;
  }

  uint(field: number, value: number): void {
    if (value === 0) return;
    this.#room(16);
    this.#varint(field << 3);
    this.#varint(value);
  }

  /** Also writes 0: members of oneofs, wrappers and proto2's optional fields. */
  uintAlways(field: number, value: number): void {
    this.#room(16);
    this.#varint(field << 3);
    this.#varint(value);
  }

  bool(field: number, value: boolean): void {
    if (value) this.uintAlways(field, 1);
  }

  double(field: number, value: number): void {
    this.#room(16);
    this.#varint((field << 3) | 1);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  fixed64(field: number, value: bigint): void {
    this.#room(16);
    this.#varint((field << 3) | 1);
    this.#at = this.#buffer.writeBigUInt64LE(value, this.#at);
  }

  fixed32(field: number, value: number): void {
    this.#room(16);
    this.#varint((field << 3) | 5);
    this.#at = this.#buffer.writeUInt32LE(value, this.#at);
  }

  /** `text` is an ordinary string. */
  string(field: number, text: string): void {
    if (text === "") return;
    this.#room(text.length * 3 + 16);
    this.#varint((field << 3) | 2);
    const lengthAt = this.#at;
    this.#at += LENGTH_BYTES;
    this.#at += this.#buffer.write(text, this.#at, "utf8");
    this.#fillLength(lengthAt);
  }

  /**
   * `text` is a header's value: one char code per octet. What is not UTF-8 is written with `!` for each octet over 127, since
   * a protobuf string must be UTF-8.
   */
  headerString(field: number, text: string): void {
    if (text === "") return;
    this.#room(text.length + 16);
    this.#varint((field << 3) | 2);
    const lengthAt = this.#at;
    this.#at += LENGTH_BYTES;
    const start = this.#at;
    this.#at += this.#buffer.write(text, start, "latin1");
    const octets = this.#buffer.subarray(start, this.#at);
    if (!isUtf8(octets)) {
      for (let index = 0; index < octets.length; index++)
        if ((octets[index] ?? 0) > 127) octets[index] = 0x21;
    }
    this.#fillLength(lengthAt);
  }

  bytes(field: number, value: Uint8Array): void {
    this.#room(value.length + 16);
    this.#varint((field << 3) | 2);
    this.#varint(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  /** What is already encoded, as it is. */
  raw(value: Uint8Array): void {
    this.#room(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  /** Begins a nested message; give the answer to `end`. */
  begin(field: number): number {
    this.#room(16);
    this.#varint((field << 3) | 2);
    const lengthAt = this.#at;
    this.#at += LENGTH_BYTES;
    return lengthAt;
  }

  end(lengthAt: number): void {
    this.#fillLength(lengthAt);
  }

  #fillLength(lengthAt: number): void {
    const length = this.#at - lengthAt - LENGTH_BYTES;
    if (length >= 1 << (7 * LENGTH_BYTES)) throw new RangeError("a nested message is larger than 2 MiB");
    this.#buffer[lengthAt] = (length & 0x7f) | 0x80;
    this.#buffer[lengthAt + 1] = ((length >> 7) & 0x7f) | 0x80;
    this.#buffer[lengthAt + 2] = (length >> 14) & 0x7f;
  }

  #varint(value: number): void {
    while (value > 127) {
      this.#buffer[this.#at++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    this.#buffer[this.#at++] = value;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
