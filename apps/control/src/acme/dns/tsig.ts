import { createHmac, timingSafeEqual } from "node:crypto";
import type { TsigAlgorithm } from "@sluice/config";
import * as dns from "dns-packet";

/** A key that a name server and we share (RFC 8945). */
export interface TsigKey {
  /** As the name server calls it. */
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Buffer;
}

const HEADER_BYTES = 12;
const COUNTS_AT = [4, 6, 8, 10] as const;
const ADDITIONALS_AT = 10;
/** How far apart the clocks may be, in seconds; RFC 8945 recommends it. */
const FUDGE_S = 300;
const CLASS_ANY = 255;

/** Words for the errors of RFC 8945, section 5.2. */
const ERRORS: Readonly<Record<number, string>> = {
  16: "the name server does not take the signature: the secret or the algorithm is another",
  17: "the name server does not know the key",
  18: "the name server's clock and ours differ by more than five minutes",
  22: "the name server wants a longer signature",
};

/** The message with its signature behind, and the signature, which the answer's is over too. */
export function signMessage(
  message: Buffer,
  key: TsigKey,
  nowS: number,
): { readonly signed: Buffer; readonly mac: Buffer } {
  const variables = { timeS: nowS, fudge: FUDGE_S, error: 0, other: Buffer.alloc(0) };
  const mac = macOf(key, [message, digested(key, variables)]);
  const data = Buffer.concat([
    dns.name.encode(key.algorithm),
    timeAndFudge(nowS, FUDGE_S),
    word(mac.length),
    mac,
    message.subarray(0, 2),
    word(0),
    word(0),
  ]);
  const record = dns.answer.encode({ name: canonical(key.name), type: "TSIG", class: "ANY", ttl: 0, data });
  const signed = Buffer.concat([message, record]);
  signed.writeUInt16BE(message.readUInt16BE(ADDITIONALS_AT) + 1, ADDITIONALS_AT);
  return { signed, mac };
}

/** Undefined: the answer is the name server's, to our request. A text says why it is not taken. Throws on what is malformed. */
export function answerProblem(
  answer: Buffer,
  key: TsigKey,
  { mac, nowS }: { readonly mac: Buffer; readonly nowS: number },
): string | undefined {
  const at = lastRecordAt(answer);
  const record = at === undefined ? undefined : dns.answer.decode(answer, at);
  if (at === undefined || record?.type !== "TSIG" || !Buffer.isBuffer(record.data))
    return "the name server's answer is not signed";
  const found = readData(record.data);
  if (found.error !== 0)
    return ERRORS[found.error] ?? `the name server answers with TSIG error ${found.error}`;
  if (canonical(record.name) !== canonical(key.name) || canonical(found.algorithm) !== key.algorithm)
    return "the name server's answer is signed with another key";
  const bare = Buffer.from(answer.subarray(0, at));
  found.originalId.copy(bare);
  bare.writeUInt16BE(bare.readUInt16BE(ADDITIONALS_AT) - 1, ADDITIONALS_AT);
  const expected = macOf(key, [word(mac.length), mac, bare, digested(key, found)]);
  if (expected.length !== found.mac.length || !timingSafeEqual(expected, found.mac))
    return "the signature of the name server's answer is wrong";
  return Math.abs(nowS - found.timeS) > found.fudge ? ERRORS[18] : undefined;
}

interface Variables {
  readonly timeS: number;
  readonly fudge: number;
  readonly error: number;
  readonly other: Buffer;
}

/** What is signed beside the message (section 4.3.3). */
function digested(key: TsigKey, { timeS, fudge, error, other }: Variables): Buffer {
  return Buffer.concat([
    dns.name.encode(canonical(key.name)),
    word(CLASS_ANY),
    Buffer.alloc(4),
    dns.name.encode(key.algorithm),
    timeAndFudge(timeS, fudge),
    word(error),
    word(other.length),
    other,
  ]);
}

function readData(data: Buffer) {
  const algorithm = dns.name.decode(data, 0);
  const at = dns.name.decode.bytes;
  const macEnd = at + 10 + data.readUInt16BE(at + 8);
  return {
    algorithm,
    timeS: data.readUIntBE(at, 6),
    fudge: data.readUInt16BE(at + 6),
    mac: data.subarray(at + 10, macEnd),
    originalId: data.subarray(macEnd, macEnd + 2),
    error: data.readUInt16BE(macEnd + 2),
    other: data.subarray(macEnd + 6, macEnd + 6 + data.readUInt16BE(macEnd + 4)),
  };
}

/** Where the last record of a message begins: a TSIG is nowhere else. Undefined where there is none. */
function lastRecordAt(message: Buffer): number | undefined {
  const [questions = 0, ...records] = COUNTS_AT.map((at) => message.readUInt16BE(at));
  let at = HEADER_BYTES;
  for (let left = questions; left > 0; left--) {
    dns.question.decode(message, at);
    at += dns.question.decode.bytes;
  }
  let last: number | undefined;
  for (let left = records.reduce((sum, count) => sum + count, 0); left > 0; left--) {
    last = at;
    dns.answer.decode(message, at);
    at += dns.answer.decode.bytes;
  }
  return last;
}

function macOf({ algorithm, secret }: TsigKey, parts: readonly Buffer[]): Buffer {
  return createHmac(algorithm.replace("hmac-", ""), secret).update(Buffer.concat(parts)).digest();
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

function timeAndFudge(timeS: number, fudge: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUIntBE(timeS, 0, 6);
  bytes.writeUInt16BE(fudge, 6);
  return bytes;
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
