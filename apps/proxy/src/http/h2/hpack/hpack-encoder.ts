import { huffmanEncode, huffmanLength } from "./huffman.ts";
import { ENTRY_OVERHEAD_BYTES, STATIC_ENTRIES, STATIC_FIELDS } from "./static-table.ts";

/** What a peer allows until it says otherwise (RFC 9113 §6.5.2). */
const DEFAULT_TABLE_BYTES = 4096;
const REMEMBERED_BLOCKS_MAX = 8;

/** Values that rarely come twice: into the table they would only push out what does. */
const NOT_INDEXED: ReadonlySet<string> = new Set([
  ":path",
  "age",
  "content-length",
  "content-range",
  "etag",
  "if-modified-since",
  "if-none-match",
  "last-modified",
  "location",
  "set-cookie",
  "traceparent",
  "tracestate",
  "x-b3-spanid",
  "x-b3-traceid",
  "x-b3-parentspanid",
  "x-envoy-expected-rq-timeout-ms",
  "x-envoy-upstream-service-time",
  "x-request-id",
]);
/** Secrets, which no table may hold, here or further on (RFC 7541 §7.1.3). */
const NEVER_INDEXED: ReadonlySet<string> = new Set(["authorization", "proxy-authorization", "cookie"]);
/** RFC 9113 §8.2.2. */
const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

const STATIC_NAMES = new Map<string, number>();
const STATIC_PAIRS = new Map<string, Map<string, number>>();
for (let index = STATIC_ENTRIES; index >= 1; index--) {
  const name = STATIC_FIELDS[index * 2 - 2] ?? "";
  STATIC_NAMES.set(name, index);
  const values = STATIC_PAIRS.get(name) ?? new Map<string, number>();
  STATIC_PAIRS.set(name, values.set(STATIC_FIELDS[index * 2 - 1] ?? "", index));
}

interface RememberedBlock {
  readonly fields: readonly string[];
  readonly block: string;
  readonly fieldBytes: number;
}

/**
 * HPACK encoder (RFC 7541); blocks are latin1 strings. A block that put nothing into the table is remembered until something
 * is, so that a repeated message costs a comparison.
 */
export class HpackEncoder {
  /** Of the block that was encoded last: its fields' names and values. */
  fieldBytes = 0;
  private readonly tableBytesMax: number;
  private readonly huffman: boolean;
  private tableBytesLimit = DEFAULT_TABLE_BYTES;
  /** Announced at the start of the next block; the lowest since the last one first (§4.2). */
  private announceLowest = -1;
  private tableBytes = 0;
  private inserted = 0;
  private evicted = 0;
  private readonly entries = new Map<number, readonly [string, string]>();
  private readonly byName = new Map<string, Map<string, number>>();
  private remembered: RememberedBlock[] = [];
  private nextRemembered = 0;

  /** `tableBytesMax`: what this side keeps at most, whatever the peer allows. `huffman`: texts may be coded so. */
  constructor(tableBytesMax: number, huffman = true) {
    this.tableBytesMax = tableBytesMax;
    this.huffman = huffman;
    this.setTableBytesMax(DEFAULT_TABLE_BYTES);
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  setTableBytesMax(bytes: number): void {
    const limit = Math.min(bytes, this.tableBytesMax);
    if (limit === this.tableBytesLimit && this.announceLowest < 0) return;
    this.announceLowest = this.announceLowest < 0 ? limit : Math.min(this.announceLowest, limit);
    this.tableBytesLimit = limit;
    this.evictTo(limit);
    this.forget();
  }

  /** Connection-specific fields are left out. */
  encode(fields: readonly string[]): string {
    const { remembered } = this;
    for (let i = 0; i < remembered.length; i++) {
      const one = remembered[i];
      if (one === undefined || !sameFields(one.fields, fields)) continue;
      this.fieldBytes = one.fieldBytes;
      return one.block;
    }
    const { inserted } = this;
    this.fieldBytes = 0;
    let block = this.sizeUpdates();
    const pure = block === "";
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] ?? "";
      const value = fields[i + 1] ?? "";
      const coded = this.encodeField(name, value);
      if (coded !== "") this.fieldBytes += name.length + value.length;
      block += coded;
    }
    if (inserted !== this.inserted) this.forget();
    else if (pure) this.remember(fields, block);
    return block;
  }

  private sizeUpdates(): string {
    const lowest = this.announceLowest;
    if (lowest < 0) return "";
    this.announceLowest = -1;
    const final = integer(0x20, 0x1f, this.tableBytesLimit);
    return lowest < this.tableBytesLimit ? integer(0x20, 0x1f, lowest) + final : final;
  }

  private encodeField(name: string, value: string): string {
    const staticIndex = STATIC_PAIRS.get(name)?.get(value);
    if (staticIndex !== undefined && value !== "") return integer(0x80, 0x7f, staticIndex);
    const known = this.byName.get(name);
    const dynamic = known?.get(value);
    if (dynamic !== undefined) return integer(0x80, 0x7f, STATIC_ENTRIES + this.inserted - dynamic);
    if (CONNECTION_SPECIFIC.has(name)) return "";
    const nameIndex = STATIC_NAMES.get(name) ?? this.dynamicName(known);
    const never = NEVER_INDEXED.has(name);
    const size = name.length + value.length + ENTRY_OVERHEAD_BYTES;
    if (never || NOT_INDEXED.has(name) || size > this.tableBytesLimit / 2) {
      const head = integer(never ? 0x10 : 0, 0x0f, nameIndex);
      return nameIndex === 0 ? head + plainText(name) + plainText(value) : head + plainText(value);
    }
    const head = integer(0x40, 0x3f, nameIndex);
    this.insert(name, value, size);
    const text = this.huffman ? shortText : plainText;
    return nameIndex === 0 ? head + text(name) + text(value) : head + text(value);
  }

  private dynamicName(known: Map<string, number> | undefined): number {
    if (known === undefined) return 0;
    for (const entry of known.values()) return STATIC_ENTRIES + this.inserted - entry;
    return 0;
  }

  private insert(name: string, value: string, size: number): void {
    this.evictTo(this.tableBytesLimit - size);
    const entry = this.inserted++;
    this.entries.set(entry, [name, value]);
    this.tableBytes += size;
    const values = this.byName.get(name);
    if (values === undefined) this.byName.set(name, new Map([[value, entry]]));
    else values.set(value, entry);
  }

  private evictTo(bytes: number): void {
    while (this.tableBytes > bytes && this.evicted < this.inserted) {
      const entry = this.evicted++;
      const [name, value] = this.entries.get(entry) ?? ["", ""];
      this.entries.delete(entry);
      this.tableBytes -= name.length + value.length + ENTRY_OVERHEAD_BYTES;
      const values = this.byName.get(name);
      if (values?.get(value) === entry) values.delete(value);
      if (values?.size === 0) this.byName.delete(name);
    }
  }

  private remember(fields: readonly string[], block: string): void {
    this.remembered[this.nextRemembered] = { fields: fields.slice(), block, fieldBytes: this.fieldBytes };
    this.nextRemembered = (this.nextRemembered + 1) % REMEMBERED_BLOCKS_MAX;
  }

  private forget(): void {
    if (this.remembered.length > 0) this.remembered = [];
    this.nextRemembered = 0;
  }
}

function sameFields(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  // From the end: what differs between two answers is rarely among the pseudo-headers.
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return false;
  return true;
}

function integer(pattern: number, mask: number, value: number): string {
  if (value < mask) return String.fromCharCode(pattern | value);
  let text = String.fromCharCode(pattern | mask);
  let rest = value - mask;
  while (rest >= 0x80) {
    text += String.fromCharCode((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return text + String.fromCharCode(rest);
}

function plainText(text: string): string {
  return integer(0, 0x7f, text.length) + text;
}

/** For what goes into the table: coded once, used often. */
function shortText(text: string): string {
  const length = huffmanLength(text);
  return length < text.length ? integer(0x80, 0x7f, length) + huffmanEncode(text) : plainText(text);
}
