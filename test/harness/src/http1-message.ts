import { ConnectionEnded, type SocketReader } from "./socket-reader.ts";

/** Fields in the order and spelling of the wire; values as binary strings without surrounding spaces. */
export type Fields = [string, string][];

export interface Http1Head {
  /** The first line's three parts: method, target, version or version, status, reason. */
  readonly start: readonly [string, string, string];
  readonly fields: Fields;
  /** The octets as they came, the empty line included. */
  readonly raw: string;
}

/** First value of `name` in any case. */
export function fieldOf(fields: Fields, name: string): string | undefined {
  return fields.find(([field]) => field.toLowerCase() === name.toLowerCase())?.[1];
}

/** A message head; lenient on purpose, since a test wants to see what came. */
export async function readHead(reader: SocketReader): Promise<Http1Head> {
  const raw = (await reader.until("\r\n\r\n")).toString("latin1");
  const [first = "", ...lines] = raw.slice(0, -4).split("\r\n");
  const [, a = "", b = "", c = ""] = /^(\S*) ?(\S*) ?(.*)$/.exec(first) ?? [];
  return { start: [a, b, c], fields: lines.map(parseField), raw };
}

function parseField(line: string): [string, string] {
  const colon = line.indexOf(":");
  return colon === -1 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).trim()];
}

export interface Http1Body {
  /** Decoded: without chunk framing. */
  body: Buffer;
  /** Sizes of the chunks as they were framed; empty for other framings. */
  readonly chunkSizes: number[];
  trailers: Fields;
  /** False when the connection ended first. */
  complete: boolean;
}

export function emptyBody(): Http1Body {
  return { body: Buffer.alloc(0), chunkSizes: [], trailers: [], complete: false };
}

export type BodyFraming = "none" | "chunked" | "to-end" | number;

/** RFC 9112 §6.3 for a request. */
export function requestFraming(fields: Fields): BodyFraming {
  if (fieldOf(fields, "transfer-encoding")?.toLowerCase().includes("chunked") === true) return "chunked";
  const length = Number(fieldOf(fields, "content-length") ?? 0);
  return length > 0 ? length : "none";
}

/** RFC 9112 §6.3 for a response; `method` is that of its request. */
export function responseFraming(method: string, status: number, fields: Fields): BodyFraming {
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return "none";
  if (fieldOf(fields, "transfer-encoding")?.toLowerCase().includes("chunked") === true) return "chunked";
  const length = fieldOf(fields, "content-length");
  if (length === undefined) return "to-end";
  return Number(length) > 0 ? Number(length) : "none";
}

/** Reads a body into `into`, which shows what has come so far at any time. Never rejects for an early end of the connection. */
export async function readBody(reader: SocketReader, framing: BodyFraming, into: Http1Body): Promise<void> {
  try {
    if (framing === "chunked") await readChunks(reader, into);
    else if (framing === "to-end") into.body = await reader.toEnd();
    else if (framing !== "none") {
      while (into.body.length < framing) {
        const missing = framing - into.body.length;
        const part = await reader.exactly(Math.min(missing, Math.max(1, reader.unread.length)));
        into.body = Buffer.concat([into.body, part]);
      }
    }
    into.complete = !(framing === "to-end" && reader.wasReset);
  } catch (error) {
    if (!(error instanceof ConnectionEnded)) throw error;
  }
}

async function readChunks(reader: SocketReader, into: Http1Body): Promise<void> {
  for (;;) {
    const line = (await reader.until("\r\n")).toString("latin1");
    const size = Number.parseInt(line, 16);
    if (!(size >= 0)) throw new Error(`not a chunk size: ${JSON.stringify(line)}`);
    if (size === 0) break;
    const chunk = await reader.exactly(size + 2);
    into.chunkSizes.push(size);
    into.body = Buffer.concat([into.body, chunk.subarray(0, size)]);
  }
  for (;;) {
    const line = (await reader.until("\r\n")).toString("latin1");
    if (line === "\r\n") return;
    into.trailers.push(parseField(line.slice(0, -2)));
  }
}
