import { FIELD_VALUE, TOKEN_LOWER } from "../../h1/octet-classes.ts";
import { hashStep, internName } from "../../well-known-names.ts";
import { huffmanDecode } from "./huffman.ts";
import { ENTRY_OVERHEAD_BYTES, STATIC_ENTRIES, STATIC_FIELDS } from "./static-table.ts";

/** Blocks up to this size are remembered with what they mean. */
const REMEMBERED_BLOCK_BYTES_MAX = 128;
const REMEMBERED_BLOCKS_MAX = 32;
const INTEGER_MAX = 0x0fff_ffff;

/** What a header block said. */
export interface HeaderBlock {
  /** Names and values alternate. */
  readonly fields: readonly string[];
  /** Sum of the octets of names and values. */
  readonly bytes: number;
  /** A name or value holds octets that it may not (RFC 9113 §8.2.1). */
  readonly malformed: boolean;
  /** What a codec worked out of it, kept with it for the next time. */
  meaning: unknown;
}

/**
 * HPACK decoder (RFC 7541). Names are shared strings (well-known-names.ts). A block that changed no table means the same as
 * long as none does: clients repeat their requests, so short ones are looked up whole.
 */
export class HpackDecoder {
  private readonly tableBytesMax: number;
  private readonly listBytesMax: number;
  private readonly textBytesMax: number;
  private tableBytesLimit: number;
  private tableBytes = 0;
  /** A ring: entry `i` since the start is at `i & mask`. */
  private names: string[];
  private values: string[];
  private flaws: Uint8Array;
  private inserted = 0;
  private evicted = 0;
  private readonly remembered = new Map<string, HeaderBlock>();
  // Of the block at hand:
  private input: Buffer = EMPTY;
  private at = 0;
  private end = 0;
  private failed = false;
  private fields: string[] = [];
  private bytes = 0;
  private malformed = false;

  /**
   * `tableBytesMax`: SETTINGS_HEADER_TABLE_SIZE as this side announced it. Fields beyond `listBytesMax` are counted but not
   * kept: a few octets can stand for a large entry. A name or value of more than `textBytesMax` coded octets is an error of
   * compression.
   */
  constructor(
    tableBytesMax: number,
    listBytesMax: number = Number.POSITIVE_INFINITY,
    textBytesMax: number = Number.POSITIVE_INFINITY,
  ) {
    this.tableBytesMax = tableBytesMax;
    this.listBytesMax = listBytesMax;
    this.textBytesMax = textBytesMax;
    this.tableBytesLimit = tableBytesMax;
    this.names = new Array<string>(64).fill("");
    this.values = new Array<string>(64).fill("");
    this.flaws = new Uint8Array(64);
  }

  /** `undefined`: a compression error, after which the connection is lost. Copy the fields before changing them. */
  decode(input: Buffer, start: number, end: number): HeaderBlock | undefined {
    const key = end - start <= REMEMBERED_BLOCK_BYTES_MAX ? input.toString("latin1", start, end) : undefined;
    if (key !== undefined) {
      const known = this.remembered.get(key);
      if (known !== undefined) return known;
    }
    const { inserted, tableBytesLimit } = this;
    this.input = input;
    this.at = start;
    this.end = end;
    this.failed = false;
    this.fields = [];
    this.bytes = 0;
    this.malformed = false;
    this.readBlock();
    this.input = EMPTY;
    if (this.failed) return undefined;
    const block = { fields: this.fields, bytes: this.bytes, malformed: this.malformed, meaning: undefined };
    if (inserted !== this.inserted || tableBytesLimit !== this.tableBytesLimit) this.remembered.clear();
    else if (key !== undefined) {
      if (this.remembered.size >= REMEMBERED_BLOCKS_MAX) this.remembered.clear();
      this.remembered.set(key, block);
    }
    return block;
  }

  private readBlock(): undefined {
    let sizeUpdates = 0;
    while (this.at < this.end) {
      const octet = this.input[this.at] ?? 0;
      if (octet >= 0x80) {
        this.emitIndexed(this.readInteger(0x7f));
        sizeUpdates = 3;
      } else if (octet >= 0x40) {
        this.readLiteral(this.readInteger(0x3f), true);
        sizeUpdates = 3;
      } else if (octet >= 0x20) {
        // Only ahead of the fields, and no more than needed to go down and up again (RFC 7541 §4.2).
        if (++sizeUpdates > 2) this.failed = true;
        this.resize(this.readInteger(0x1f));
      } else {
        this.readLiteral(this.readInteger(0x0f), false);
        sizeUpdates = 3;
      }
      if (this.failed) return;
    }
  }

  private readInteger(mask: number): number {
    let value = (this.input[this.at++] ?? 0) & mask;
    if (value < mask) return value;
    let scale = 1;
    for (let count = 0; count < 5; count++) {
      if (this.at >= this.end) break;
      const octet = this.input[this.at++] ?? 0;
      value += (octet & 0x7f) * scale;
      if (value > INTEGER_MAX) break;
      if (octet < 0x80) return value;
      scale *= 128;
    }
    this.failed = true;
    return 0;
  }

  private readString(): string {
    if (this.at >= this.end) {
      this.failed = true;
      return "";
    }
    const huffman = (this.input[this.at] ?? 0) >= 0x80;
    const length = this.readInteger(0x7f);
    const start = this.at;
    if (this.failed || length > this.end - start || length > this.textBytesMax) {
      this.failed = true;
      return "";
    }
    this.at = start + length;
    if (!huffman) return this.input.toString("latin1", start, this.at);
    const text = huffmanDecode(this.input, start, this.at);
    if (text === undefined) {
      this.failed = true;
      return "";
    }
    return text;
  }

  private emitIndexed(index: number): undefined {
    if (this.failed) return;
    if (index === 0) {
      this.failed = true;
    } else if (index <= STATIC_ENTRIES) {
      this.emit(STATIC_FIELDS[index * 2 - 2] ?? "", STATIC_FIELDS[index * 2 - 1] ?? "");
    } else {
      const slot = this.slotOf(index);
      if (slot < 0) return;
      if (this.flaws[slot] === 1) this.malformed = true;
      this.emit(this.names[slot] ?? "", this.values[slot] ?? "");
    }
  }

  private readLiteral(index: number, insert: boolean): undefined {
    if (this.failed) return;
    let name = "";
    let flaw = 0;
    if (index === 0) {
      const text = this.readString();
      if (this.failed) return;
      name = internOrFlaw(text);
      if (name === "") {
        name = text;
        flaw = 1;
      }
    } else if (index <= STATIC_ENTRIES) name = STATIC_FIELDS[index * 2 - 2] ?? "";
    else {
      const slot = this.slotOf(index);
      if (slot < 0) return;
      name = this.names[slot] ?? "";
      if (internOrFlaw(name) === "") flaw = 1;
    }
    const value = this.readString();
    if (this.failed) return;
    if (!isFieldValue(value)) flaw = 1;
    if (flaw === 1) this.malformed = true;
    this.emit(name, value);
    if (insert) this.insert(name, value, flaw);
  }

  private emit(name: string, value: string): void {
    this.bytes += name.length + value.length;
    if (this.bytes <= this.listBytesMax) this.fields.push(name, value);
  }

  private slotOf(index: number): number {
    const age = index - STATIC_ENTRIES;
    if (age > this.inserted - this.evicted) {
      this.failed = true;
      return -1;
    }
    return (this.inserted - age) & (this.names.length - 1);
  }

  private resize(bytes: number): undefined {
    if (this.failed) return;
    if (bytes > this.tableBytesMax) {
      this.failed = true;
      return;
    }
    this.tableBytesLimit = bytes;
    this.evictTo(bytes);
  }

  private insert(name: string, value: string, flaw: number): undefined {
    const size = name.length + value.length + ENTRY_OVERHEAD_BYTES;
    this.evictTo(this.tableBytesLimit - size);
    if (size > this.tableBytesLimit) {
      // An entry that does not fit empties the table, and is no error (§4.4). What was remembered holds no longer.
      this.remembered.clear();
      return;
    }
    if (this.inserted - this.evicted === this.names.length) this.grow();
    const slot = this.inserted++ & (this.names.length - 1);
    this.names[slot] = name;
    this.values[slot] = value;
    this.flaws[slot] = flaw;
    this.tableBytes += size;
  }

  private evictTo(bytes: number): void {
    while (this.tableBytes > bytes && this.evicted < this.inserted) {
      const slot = this.evicted++ & (this.names.length - 1);
      this.tableBytes -=
        (this.names[slot] ?? "").length + (this.values[slot] ?? "").length + ENTRY_OVERHEAD_BYTES;
      this.names[slot] = "";
      this.values[slot] = "";
    }
  }

  private grow(): void {
    const { names, values, flaws } = this;
    const mask = names.length - 1;
    const size = names.length * 2;
    this.names = new Array<string>(size).fill("");
    this.values = new Array<string>(size).fill("");
    this.flaws = new Uint8Array(size);
    for (let i = this.evicted; i < this.inserted; i++) {
      const to = i & (size - 1);
      this.names[to] = names[i & mask] ?? "";
      this.values[to] = values[i & mask] ?? "";
      this.flaws[to] = flaws[i & mask] ?? 0;
    }
  }
}

const EMPTY = Buffer.alloc(0);

/** The shared string of a lower-case token, perhaps behind a colon; "" for what is no field name. */
function internOrFlaw(name: string): string {
  const first = name.charCodeAt(0) === 58 ? 1 : 0;
  let hash = 0;
  if (first === 1) hash = hashStep(hash, 58);
  for (let i = first; i < name.length; i++) {
    const octet = name.charCodeAt(i);
    if (octet === 0 || TOKEN_LOWER[octet] !== octet) return "";
    hash = hashStep(hash, octet);
  }
  return name.length === first ? "" : internName(name, 0, name.length, hash, false);
}

/** White space around a value passes, as in Envoy. */
function isFieldValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (FIELD_VALUE[value.charCodeAt(i)] !== 1) return false;
  return true;
}
