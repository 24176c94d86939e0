/** What the server decides by before the handshake (RFC 8446 §4.1.2). */
export interface ClientHello {
  /** SNI as it was sent; "" without. */
  readonly serverName: string;
  readonly alpn: readonly string[];
  /** NIST names of the curves on which the client verifies ECDSA certificates; empty: it cannot. */
  readonly ecdsaCurves: readonly string[];
  /** Numbers of the groups that it can exchange keys in, its favourite first (RFC 8446 §4.2.7). */
  readonly groups: readonly number[];
  readonly wantsOcsp: boolean;
  /** It takes session tickets (RFC 5077). */
  readonly tickets: boolean;
  /** It offers TLS 1.3. */
  readonly tls13: boolean;
}

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
/** A ClientHello beyond this is left to the TLS library to judge. */
const HELLO_BYTES_MAX = 64 * 1024;

const SERVER_NAME = 0;
const STATUS_REQUEST = 5;
const SUPPORTED_GROUPS = 10;
const SIGNATURE_ALGORITHMS = 13;
const ALPN = 16;
const SESSION_TICKET = 35;
const SUPPORTED_VERSIONS = 43;

const CURVES: Readonly<Record<number, string>> = { 23: "P-256", 24: "P-384", 25: "P-521" };
/** TLS 1.3 binds the curve to the signature algorithm. */
const SIGNATURE_CURVES: Readonly<Record<number, string>> = {
  1027: "P-256",
  1283: "P-384",
  1539: "P-521",
};
/** TLS 1.2's ECDHE_ECDSA suites, as BoringSSL has them. */
const ECDSA_SUITES: ReadonlySet<number> = new Set([0xc009, 0xc00a, 0xc023, 0xc024, 0xc02b, 0xc02c, 0xcca9]);

/** `more`: the bytes are the beginning of a ClientHello; `none`: they are not one that can be read. */
export function parseClientHello(bytes: Buffer): ClientHello | "more" | "none" {
  const message = handshakeBytes(bytes);
  if (typeof message === "string") return message;
  if (message[0] !== CLIENT_HELLO) return "none";
  const reader = new Reader(message.subarray(4));
  reader.skip(2 + 32);
  reader.vector(1);
  const suites = reader.vector(2);
  reader.vector(1);
  const extensions = reader.vector(2);
  if (suites === undefined || reader.failed) return "none";
  return readExtensions(suites, extensions);
}

/** The first handshake message, gathered from its records. */
function handshakeBytes(bytes: Buffer): Buffer | "more" | "none" {
  const parts: Buffer[] = [];
  let gathered = 0;
  let at = 0;
  for (;;) {
    if (at >= bytes.length) return "more";
    if (bytes[at] !== HANDSHAKE || (at + 1 < bytes.length && bytes[at + 1] !== 3)) return "none";
    if (at + 5 > bytes.length) return "more";
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > 16_384) return "none";
    const part = bytes.subarray(at + 5, at + 5 + length);
    parts.push(part);
    gathered += part.length;
    at += 5 + length;
    const message = parts.length === 1 ? part : Buffer.concat(parts);
    if (gathered < 4) continue;
    const wanted = 4 + message.readUIntBE(1, 3);
    if (message[0] !== CLIENT_HELLO || wanted > HELLO_BYTES_MAX) return "none";
    if (gathered >= wanted) return message.subarray(0, wanted);
  }
}

function readExtensions(suites: Buffer, extensions: Buffer | undefined): ClientHello {
  let serverName = "";
  let wantsOcsp = false;
  let tickets = false;
  let tls13 = false;
  const alpn: string[] = [];
  let groups: readonly number[] | undefined;
  let signatures: readonly number[] = [];
  const reader = new Reader(extensions ?? Buffer.alloc(0));
  while (reader.left > 0) {
    const type = reader.uint16();
    const body = reader.vector(2);
    if (body === undefined) break;
    const inner = new Reader(body);
    if (type === SERVER_NAME) {
      const names = new Reader(inner.vector(2) ?? Buffer.alloc(0));
      if (names.uint8() === 0) serverName = names.vector(2)?.toString("latin1") ?? "";
    } else if (type === STATUS_REQUEST) wantsOcsp = body[0] === 1;
    else if (type === SESSION_TICKET) tickets = true;
    else if (type === SUPPORTED_GROUPS) groups = uint16s(inner.vector(2));
    else if (type === SIGNATURE_ALGORITHMS) signatures = uint16s(inner.vector(2));
    else if (type === SUPPORTED_VERSIONS) tls13 = uint16s(inner.vector(1)).includes(0x0304);
    else if (type === ALPN) {
      const list = new Reader(inner.vector(2) ?? Buffer.alloc(0));
      while (list.left > 0) alpn.push(list.vector(1)?.toString("latin1") ?? "");
    }
  }
  let ecdsaCurves: readonly string[] = [];
  if (tls13) ecdsaCurves = signatures.flatMap((each) => SIGNATURE_CURVES[each] ?? []);
  else if (uint16s(suites).some((suite) => ECDSA_SUITES.has(suite))) {
    // Without the extension a client takes any curve (RFC 8422 §4); Envoy counts on P-256 then.
    ecdsaCurves = groups === undefined ? ["P-256"] : groups.flatMap((group) => CURVES[group] ?? []);
  }
  return { serverName, alpn, ecdsaCurves, groups: groups ?? [], wantsOcsp, tickets, tls13 };
}

function uint16s(bytes: Buffer | undefined): readonly number[] {
  const values: number[] = [];
  for (let i = 0; bytes !== undefined && i + 2 <= bytes.length; i += 2) values.push(bytes.readUInt16BE(i));
  return values;
}

/** Reads length-prefixed fields; past the end everything is undefined or 0 and `failed` is set. */
class Reader {
  failed = false;
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.failed ? 0 : this.bytes.length - this.at;
  }

  skip(count: number): void {
    if (count > this.left) this.failed = true;
    else this.at += count;
  }

  uint8(): number {
    return this.uint(1);
  }

  uint16(): number {
    return this.uint(2);
  }

  /** A vector whose length stands before it in `lengthOctets`. */
  vector(lengthOctets: number): Buffer | undefined {
    const length = this.uint(lengthOctets);
    if (this.failed || length > this.left) {
      this.failed = true;
      return undefined;
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  private uint(octets: number): number {
    if (octets > this.left) {
      this.failed = true;
      return 0;
    }
    this.at += octets;
    return this.bytes.readUIntBE(this.at - octets, octets);
  }
}
