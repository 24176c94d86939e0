/** What a TLS ClientHello says (RFC 8446 §4.1.2), as far as it is looked at. Lists are in the client's order. */
export interface ClientHelloMessage {
  readonly legacyVersion: number;
  readonly cipherSuites: readonly number[];
  /** Types of all extensions. */
  readonly extensions: readonly number[];
  /** As it was sent; undefined without a name. */
  readonly serverName: string | undefined;
  readonly applicationProtocols: readonly string[];
  readonly supportedVersions: readonly number[];
  readonly groups: readonly number[];
  readonly pointFormats: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  /** It asks for an OCSP response (RFC 6066 §8). */
  readonly wantsOcsp: boolean;
}

export type ClientHelloResult =
  | { readonly state: "more" }
  /** The first record is none of TLS, or no handshake. */
  | { readonly state: "notTls" }
  | { readonly state: "malformed" }
  | { readonly state: "tooLarge" }
  | { readonly state: "found"; readonly hello: ClientHelloMessage; readonly bytes: number };

const MORE: ClientHelloResult = { state: "more" };
const NOT_TLS: ClientHelloResult = { state: "notTls" };
const MALFORMED: ClientHelloResult = { state: "malformed" };
const TOO_LARGE: ClientHelloResult = { state: "tooLarge" };

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const OCSP = 1;
const RECORD_HEADER = 5;
const RECORD_BYTES_MAX = 16384;

/**
 * Reads the ClientHello at the start of `bytes`, which may be spread over records. Any bytes have an answer; nothing is read twice but
 * the record headers.
 *
 * @param bytesMax of the handshake message
 */
export function readClientHello(bytes: Buffer, bytesMax: number): ClientHelloResult {
  const parts: Buffer[] = [];
  let have = 0;
  let need = 4;
  let at = 0;
  for (let record = 0; have < need; record++) {
    if (bytes.length < at + RECORD_HEADER) return MORE;
    const length = bytes.readUInt16BE(at + 3);
    if (bytes[at] !== HANDSHAKE || bytes[at + 1] !== 3 || length === 0 || length > RECORD_BYTES_MAX)
      return record === 0 ? NOT_TLS : MALFORMED;
    const fragment = bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length);
    parts.push(fragment);
    have += fragment.length;
    if (need === 4 && have >= 4) {
      const head = parts.length === 1 ? fragment : Buffer.concat(parts, 4);
      if (head[0] !== CLIENT_HELLO) return NOT_TLS;
      need = 4 + head.readUIntBE(1, 3);
      if (need > bytesMax) return TOO_LARGE;
    } else if (have > 0 && parts[0]?.[0] !== CLIENT_HELLO) return NOT_TLS;
    at += RECORD_HEADER + length;
    if (have < need && at > bytes.length) return MORE;
  }
  const message = parts.length === 1 ? parts[0] : Buffer.concat(parts);
  const hello = message === undefined ? undefined : readBody(message.subarray(4, need));
  return hello === undefined ? MALFORMED : { state: "found", hello, bytes: Math.min(at, bytes.length) };
}

/** Reads within bounds; once something is missing everything reads as nothing and `failed` is set. */
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
  number(size: 1 | 2): number {
    const part = this.take(size);
    return part.length === 0 ? 0 : part.readUIntBE(0, size);
  }
  take(length: number): Buffer {
    if (this.failed || this.at + length > this.bytes.length) {
      this.failed = true;
      return EMPTY;
    }
    const part = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }
  /** What a length of so many bytes stands before. */
  vector(size: 1 | 2): Buffer {
    return this.take(this.number(size));
  }
  numbers(size: 1 | 2): number[] {
    const found: number[] = [];
    while (this.left > 0) found.push(this.number(size));
    return this.failed ? [] : found;
  }
}

const EMPTY = Buffer.alloc(0);

function readBody(body: Buffer): ClientHelloMessage | undefined {
  const reader = new Reader(body);
  const legacyVersion = reader.number(2);
  reader.take(32);
  const session = reader.vector(1);
  const suites = reader.vector(2);
  const compression = reader.vector(1);
  if (
    reader.failed ||
    session.length > 32 ||
    suites.length < 2 ||
    suites.length % 2 === 1 ||
    compression.length === 0
  )
    return undefined;
  const found = new Map<number, Buffer>();
  if (reader.left > 0) {
    const block = new Reader(reader.vector(2));
    if (reader.failed || reader.left > 0) return undefined;
    while (block.left > 0) {
      const type = block.number(2);
      const content = block.vector(2);
      if (block.failed || found.has(type)) return undefined;
      found.set(type, content);
    }
  }
  const serverName = readServerName(found.get(0));
  const applicationProtocols = readProtocols(found.get(16));
  if (serverName === null || applicationProtocols === undefined) return undefined;
  return {
    legacyVersion,
    cipherSuites: new Reader(suites).numbers(2),
    extensions: [...found.keys()],
    serverName,
    applicationProtocols,
    supportedVersions: listIn(found.get(43), 1, 2),
    groups: listIn(found.get(10), 2, 2),
    pointFormats: listIn(found.get(11), 1, 1),
    signatureAlgorithms: listIn(found.get(13), 2, 2),
    wantsOcsp: found.get(5)?.[0] === OCSP,
  };
}

/** Null: not well-formed (RFC 6066 §3). */
function readServerName(content: Buffer | undefined): string | undefined | null {
  if (content === undefined) return undefined;
  const outer = new Reader(content);
  const list = new Reader(outer.vector(2));
  const type = list.number(1);
  const name = list.vector(2);
  if (outer.failed || list.failed || outer.left > 0 || list.left > 0 || type !== 0) return null;
  if (name.length === 0 || name.length > 255 || name.includes(0)) return null;
  return name.toString("latin1");
}

/** Undefined: not well-formed (RFC 7301 §3.1). */
function readProtocols(content: Buffer | undefined): string[] | undefined {
  if (content === undefined) return [];
  const outer = new Reader(content);
  const list = new Reader(outer.vector(2));
  if (outer.failed || outer.left > 0 || list.left === 0) return undefined;
  const names: string[] = [];
  while (list.left > 0) {
    const name = list.vector(1);
    if (list.failed || name.length === 0) return undefined;
    names.push(name.toString("latin1"));
  }
  return names;
}

function listIn(content: Buffer | undefined, lengthSize: 1 | 2, itemSize: 1 | 2): number[] {
  return content === undefined ? [] : new Reader(new Reader(content).vector(lengthSize)).numbers(itemSize);
}
