/** ASN.1 DER (X.690 §10), as much as certificates need. Out of the given bytes it reads nothing; what is malformed ends the reading. */
export interface DerValue {
  /** Identifier octet: class, constructed bit and number (numbers above 30 do not occur in certificates). */
  readonly tag: number;
  readonly content: Buffer;
  /** Header and content. */
  readonly raw: Buffer;
}

export const DER_OID = 0x06;
const LENGTH_OCTETS_MAX = 4;

/** The value at the start of `bytes`; undefined when it is malformed or cut short. */
export function readDer(bytes: Buffer): DerValue | undefined {
  const tag = bytes[0];
  const first = bytes[1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  let length = first;
  let header = 2;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0 || octets > LENGTH_OCTETS_MAX || bytes.length < 2 + octets) return undefined;
    length = bytes.readUIntBE(2, octets);
    header += octets;
  }
  const end = header + length;
  if (end > bytes.length) return undefined;
  return { tag, content: bytes.subarray(header, end), raw: bytes.subarray(0, end) };
}

/** The values that follow one another in `bytes`, up to the first malformed one. */
export function readDerAll(bytes: Buffer): readonly DerValue[] {
  const values: DerValue[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const value = readDer(rest);
    if (value === undefined) break;
    values.push(value);
    rest = rest.subarray(value.raw.length);
  }
  return values;
}

/** `1.2.840.113549`; "" when malformed. */
export function derOidText(content: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (arcs.length === 0) {
      const first = Math.min(2, Math.floor(arc / 40));
      arcs.push(first, arc - first * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join(".");
}

/** Text of a string type; BMPString (UTF-16) and UniversalString (UTF-32) included. */
export function derText({ tag, content }: DerValue): string {
  if (tag === 0x1e)
    return Buffer.from(content.subarray(0, content.length & ~1))
      .swap16()
      .toString("utf16le");
  if (tag === 0x1c) {
    const points: number[] = [];
    for (let i = 0; i + 4 <= content.length; i += 4) points.push(content.readUInt32BE(i));
    return points.map((point) => (point <= 0x10ffff ? String.fromCodePoint(point) : "\ufffd")).join("");
  }
  return content.toString(tag === 0x0c ? "utf8" : "latin1");
}
