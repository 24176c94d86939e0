import { createSocket } from "node:dgram";

/** What a name server says of a name. */
export interface NameAnswer {
  readonly v4?: readonly string[];
  readonly v6?: readonly string[];
  /** Seconds; default 30. */
  readonly ttl?: number;
  /** The response code: 2 is a failure of the server, 3 says that there is no such name. */
  readonly code?: number;
  /** No answer comes. */
  readonly silent?: boolean;
}

export interface NameServer {
  readonly port: number;
  /** By name; a name that is not here does not exist. May change at any time. */
  readonly answers: Map<string, NameAnswer>;
  /** How often each name was asked for, whatever of it. */
  readonly asked: ReadonlyMap<string, number>;
  close(): void;
}

const A = 1;
const AAAA = 28;
const NO_SUCH_NAME = 3;

/** A name server on a free UDP port of 127.0.0.1. */
export async function startNameServer(): Promise<NameServer> {
  const answers = new Map<string, NameAnswer>();
  const asked = new Map<string, number>();
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const { name, type, end } = questionOf(query);
    asked.set(name, (asked.get(name) ?? 0) + 1);
    const answer = answers.get(name) ?? { code: NO_SUCH_NAME };
    if (answer.silent !== true) socket.send(responseTo(query, end, type, answer), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { port: socket.address().port, answers, asked, close: () => socket.close() };
}

/** `end`: behind the question. */
function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function responseTo(query: Buffer, end: number, type: number, answer: NameAnswer): Buffer {
  const { v4 = [], v6 = [], ttl = 30, code = 0 } = answer;
  const addresses = type === A ? v4.map(octetsOf) : type === AAAA ? v6.map(groupsOf) : [];
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  const records = addresses.map((address) => {
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(ttl, 6);
    record.writeUInt16BE(address.length, 10);
    return Buffer.concat([record, address]);
  });
  return Buffer.concat([head, query.subarray(12, end), ...records]);
}

function octetsOf(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

function groupsOf(address: string): Buffer {
  const [before = "", after] = address.split("::");
  const groups = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((each) => Number.parseInt(each, 16));
  const left = groups(before);
  const right = after === undefined ? [] : groups(after);
  const bytes = Buffer.alloc(16);
  for (const [i, group] of left.entries()) bytes.writeUInt16BE(group, 2 * i);
  for (const [i, group] of right.entries()) bytes.writeUInt16BE(group, 16 - 2 * (right.length - i));
  return bytes;
}
