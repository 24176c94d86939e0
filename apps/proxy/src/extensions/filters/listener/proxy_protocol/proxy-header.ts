import { isIPv4, isIPv6 } from "node:net";
import { socketAddressText } from "../../../../connection/socket-address.ts";

export interface Tlv {
  readonly type: number;
  readonly value: Buffer;
}

/** A PROXY header (HAProxy's PROXY protocol, versions 1 and 2). */
export interface ProxyHeader {
  readonly version: 1 | 2;
  /** Length of the header. */
  readonly bytes: number;
  /** `ip:port`; both undefined where the sender spoke for itself (LOCAL, UNKNOWN) or of what has no IP address. */
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly tlvs: readonly Tlv[];
}

export type ProxyHeaderResult =
  | { readonly state: "more" }
  /** The bytes do not begin as a header does. */
  | { readonly state: "absent" }
  | { readonly state: "malformed"; readonly version: 1 | 2 }
  | { readonly state: "found"; readonly header: ProxyHeader };

const MORE: ProxyHeaderResult = { state: "more" };
const ABSENT: ProxyHeaderResult = { state: "absent" };
const MALFORMED_1: ProxyHeaderResult = { state: "malformed", version: 1 };
const MALFORMED_2: ProxyHeaderResult = { state: "malformed", version: 2 };

const SIGNATURE_1 = Buffer.from("PROXY");
const SIGNATURE_2 = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
const LINE_BYTES_MAX = 108;
const FIXED_BYTES = 16;
/** The longest header: the fixed part and a length of 16 bits. */
export const PROXY_HEADER_BYTES_MAX = FIXED_BYTES + 0xffff;

const BOTH: readonly (1 | 2)[] = [1, 2];

/** Reads the header at the start of `bytes`; any bytes have an answer. One of a version not among `versions` is absent. */
export function readProxyHeader(bytes: Buffer, versions: readonly (1 | 2)[] = BOTH): ProxyHeaderResult {
  if (versions.includes(2) && startsAs(bytes, SIGNATURE_2))
    return bytes.length < FIXED_BYTES ? MORE : readVersion2(bytes);
  if (versions.includes(1) && startsAs(bytes, SIGNATURE_1)) return readVersion1(bytes);
  return ABSENT;
}

/**
 * Where there must be a header: Envoy looks for its signatures in the first 16 bytes, and takes a shorter line for one of version 1.
 */
export function readRequiredHeader(bytes: Buffer): ProxyHeaderResult {
  const result = readProxyHeader(bytes);
  if (result.state !== "absent" || bytes.length >= FIXED_BYTES) return result;
  return bytes.indexOf("\r\n") > 0 ? MALFORMED_1 : MORE;
}

/** Whether `bytes` is a beginning of what starts with `signature`, as far as both go. */
function startsAs(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.compare(signature, 0, length, 0, length) === 0;
}

function readVersion1(bytes: Buffer): ProxyHeaderResult {
  const end = bytes.subarray(0, LINE_BYTES_MAX).indexOf("\r\n");
  if (end < 0) return bytes.length >= LINE_BYTES_MAX ? ABSENT : MORE;
  const words = bytes.toString("latin1", 0, end).split(" ");
  const header = { version: 1 as const, bytes: end + 2, tlvs: [] };
  const [word, family, source = "", destination = "", sourcePort = "", destinationPort = ""] = words;
  if (word === "PROXY" && family === "UNKNOWN") {
    return { state: "found", header: { ...header, source: undefined, destination: undefined } };
  }
  const isAddress = family === "TCP4" ? isIPv4 : family === "TCP6" ? isIPv6 : undefined;
  if (isAddress === undefined || word !== "PROXY" || words.length !== 6) return MALFORMED_1;
  if (!isAddress(source) || !isAddress(destination)) return MALFORMED_1;
  if (!isUnicast(source) || !isUnicast(destination)) return MALFORMED_1;
  const from = portOf(sourcePort);
  const to = portOf(destinationPort);
  if (from === undefined || to === undefined) return MALFORMED_1;
  return {
    state: "found",
    header: {
      ...header,
      source: socketAddressText(source, from),
      destination: socketAddressText(destination, to),
    },
  };
}

function portOf(text: string): number | undefined {
  if (!/^\+?\d{1,9}$/.test(text)) return undefined;
  const port = Number(text);
  return port > 0xffff ? undefined : port;
}

const LOCAL = 0;
const PROXY = 1;
const STREAM = 1;

function readVersion2(bytes: Buffer): ProxyHeaderResult {
  const versionAndCommand = bytes[12] ?? 0;
  const command = versionAndCommand & 0x0f;
  const family = (bytes[13] ?? 0) >> 4;
  const transport = (bytes[13] ?? 0) & 0x0f;
  const length = bytes.readUInt16BE(14);
  if (versionAndCommand >> 4 !== 2 || command > PROXY) return MALFORMED_2;
  const header = { version: 2 as const, bytes: FIXED_BYTES + length };
  if (command === LOCAL) {
    if (bytes.length < header.bytes) return MORE;
    return { state: "found", header: { ...header, source: undefined, destination: undefined, tlvs: [] } };
  }
  const addressBytes = family === 1 ? 4 : family === 2 ? 16 : 0;
  if (addressBytes === 0 || transport !== STREAM || length < addressBytes * 2 + 4) return MALFORMED_2;
  if (bytes.length < header.bytes) return MORE;
  const addressesEnd = FIXED_BYTES + addressBytes * 2 + 4;
  const tlvs = readTlvs(bytes.subarray(addressesEnd, header.bytes));
  const at = FIXED_BYTES + addressBytes * 2;
  const source = ipText(bytes.subarray(FIXED_BYTES, FIXED_BYTES + addressBytes));
  const destination = ipText(bytes.subarray(FIXED_BYTES + addressBytes, at));
  if (!isUnicast(source) || !isUnicast(destination)) return MALFORMED_2;
  return {
    state: "found",
    header: {
      ...header,
      source: socketAddressText(source, bytes.readUInt16BE(at)),
      destination: socketAddressText(destination, bytes.readUInt16BE(at + 2)),
      tlvs,
    },
  };
}

/** TCP is between such alone. */
function isUnicast(ip: string): boolean {
  if (ip.includes(":")) return ip !== "::" && !ip.toLowerCase().startsWith("ff");
  const first = Number(ip.slice(0, ip.indexOf(".")));
  return ip !== "0.0.0.0" && ip !== "255.255.255.255" && (first < 224 || first > 239);
}

/** Those that are whole. */
function readTlvs(bytes: Buffer): Tlv[] {
  const tlvs: Tlv[] = [];
  for (let at = 0; at + 3 <= bytes.length; ) {
    const end = at + 3 + bytes.readUInt16BE(at + 1);
    if (end > bytes.length) break;
    tlvs.push({ type: bytes[at] ?? 0, value: bytes.subarray(at + 3, end) });
    at = end;
  }
  return tlvs;
}

/** RFC 5952: the longest run of two or more zero groups is left out, the first of equally long ones. */
function ipText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2));
  let [start, length] = [-1, 1];
  for (let i = 0; i < 8; ) {
    let j = i;
    while (j < 8 && groups[j] === 0) j++;
    if (j - i > length) [start, length] = [i, j - i];
    i = j + 1;
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return start < 0 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}
