import { createSocket } from "node:dgram";

/** RFC 1035, 3.2.2. */
const TYPES = { A: 1, NS: 2, CNAME: 5, TXT: 16 } as const;
const HEADER_BYTES = 12;
/** Authoritative, recursion available, no error. */
const ANSWER_FLAGS = 0x8580;

export type RecordType = keyof typeof TYPES;

/** A name server for tests: what `answer` says of a name and type, and of all else that there is no such record. */
export async function startZone(
  answer: (name: string, type: RecordType) => readonly string[],
): Promise<{ readonly port: number; close(): void }> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const { name, type, end } = questionOf(query);
    const values = type === undefined ? [] : answer(name, type);
    const header = Buffer.alloc(HEADER_BYTES);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(ANSWER_FLAGS, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(values.length, 6);
    const records = values.map((value) => recordOf(type ?? "A", value));
    const reply = Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records]);
    socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { port: socket.address().port, close: () => socket.close() };
}

function questionOf(query: Buffer) {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.subarray(at + 1, at + 1 + length).toString());
    at += length + 1;
  }
  const code = query.readUInt16BE(at + 1);
  const type = (Object.keys(TYPES) as RecordType[]).find((each) => TYPES[each] === code);
  return { name: labels.join(".").toLowerCase(), type, end: at + 5 };
}

/** The name is that of the question, by a pointer to it. */
function recordOf(type: RecordType, value: string): Buffer {
  const data = dataOf(type, value);
  const head = Buffer.from([0xc0, HEADER_BYTES, 0, TYPES[type], 0, 1, 0, 0, 0, 0, 0, 0]);
  head.writeUInt16BE(data.length, head.length - 2);
  return Buffer.concat([head, data]);
}

function dataOf(type: RecordType, value: string): Buffer {
  const counted = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  if (type === "A") return Buffer.from(value.split(".").map(Number));
  if (type === "TXT") return counted(value);
  return Buffer.concat([...value.split(".").map(counted), Buffer.from([0])]);
}
