/** One HTTP/1.1 message as the strictest reader of RFC 9112 understands it. */
export interface StrictMessage {
  readonly start: string;
  /** In order; names in lower case. */
  readonly fields: readonly (readonly [string, string])[];
  readonly framing: "none" | "length" | "chunked" | "to-end";
  /** latin1. */
  readonly body: string;
  readonly trailers: readonly (readonly [string, string])[];
}

export interface StrictReading {
  /** What is whole. */
  readonly messages: readonly StrictMessage[];
  /** Octets behind the last whole message that may still become one. */
  readonly rest: string;
  /** Why it can be read in more than one way. */
  readonly problem: string | undefined;
}

export interface StrictOptions {
  readonly kind: "request" | "response";
  /** Responses: the methods that were asked, in order. Default GET. */
  readonly methods?: readonly string[];
  /** Responses: the connection has ended, and with it a body that nothing else delimits. */
  readonly ended?: boolean;
}

const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e]+ HTTP\/1\.1$/;
const STATUS_LINE = /^HTTP\/1\.[01] [1-9][0-9][0-9] [\t\x20-\x7e\x80-\xff]*$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
/** RFC 9110 §6.5.1: what a trailer must not decide. */
const NO_TRAILERS = new Set(["content-length", "transfer-encoding", "host", "trailer", "connection"]);

class Ambiguous extends Error {}
/** More octets are needed. */
class Short extends Error {}

/** Reads messages one behind the other. Nothing is forgiven, so that what passes has one reading with every reader. */
export function readStrictly(octets: string, options: StrictOptions): StrictReading {
  const messages: StrictMessage[] = [];
  let at = 0;
  let finals = 0;
  try {
    while (at < octets.length) {
      const method = options.methods?.[finals] ?? "GET";
      const { message, end } = readMessage(octets, at, options, method);
      messages.push(message);
      if (options.kind === "request" || !/^\S+ 1/.test(message.start)) finals++;
      at = end;
    }
  } catch (error) {
    if (error instanceof Ambiguous) return { messages, rest: octets.slice(at), problem: error.message };
    if (!(error instanceof Short)) throw error;
  }
  return { messages, rest: octets.slice(at), problem: undefined };
}

function readLine(octets: string, at: number): string {
  const end = octets.indexOf("\n", at);
  if (end < 0) throw new Short();
  if (octets[end - 1] !== "\r" || end === at) throw new Ambiguous("a line ends in a bare LF");
  return octets.slice(at, end - 1);
}

function readFields(octets: string, from: number): { fields: [string, string][]; end: number } {
  const fields: [string, string][] = [];
  let at = from;
  for (;;) {
    const line = readLine(octets, at);
    at += line.length + 2;
    if (line === "") return { fields, end: at };
    const match = FIELD.exec(line);
    if (match === null) throw new Ambiguous(`no header field: ${JSON.stringify(line)}`);
    fields.push([(match[1] ?? "").toLowerCase(), (match[2] ?? "").replace(/[ \t]+$/, "")]);
  }
}

function readMessage(
  octets: string,
  from: number,
  options: StrictOptions,
  method: string,
): { message: StrictMessage; end: number } {
  const start = readLine(octets, from);
  const first = options.kind === "request" ? REQUEST_LINE : STATUS_LINE;
  if (!first.test(start)) throw new Ambiguous(`no first line: ${JSON.stringify(start)}`);
  const { fields, end } = readFields(octets, from + start.length + 2);
  if (options.kind === "request" && fields.filter(([name]) => name === "host").length !== 1) {
    throw new Ambiguous("not exactly one Host");
  }
  const length = declaredLength(fields);
  const bodiless = options.kind === "response" && hasNoBody(start, method);
  const message = { start, fields, body: "", trailers: [] };
  if (bodiless) return { message: { ...message, framing: "none" }, end };
  if (length === "chunked") {
    const chunks = readChunks(octets, end);
    return {
      message: { start, fields, framing: "chunked", body: chunks.body, trailers: chunks.trailers },
      end: chunks.end,
    };
  }
  if (length === undefined) {
    if (options.kind === "request") return { message: { ...message, framing: "none" }, end };
    if (options.ended !== true) throw new Short();
    return { message: { ...message, framing: "to-end", body: octets.slice(end) }, end: octets.length };
  }
  if (octets.length < end + length) throw new Short();
  return {
    message: { ...message, framing: "length", body: octets.slice(end, end + length) },
    end: end + length,
  };
}

function hasNoBody(statusLine: string, method: string): boolean {
  const status = Number(statusLine.split(" ")[1]);
  return method === "HEAD" || status < 200 || status === 204 || status === 304;
}

function declaredLength(fields: readonly (readonly [string, string])[]): number | "chunked" | undefined {
  const values = (wanted: string) => fields.filter(([name]) => name === wanted).map(([, value]) => value);
  const [lengths, codings] = [values("content-length"), values("transfer-encoding")];
  if (lengths.length + codings.length > 1) throw new Ambiguous("more than one field delimits the body");
  const [coding] = codings;
  if (coding !== undefined) {
    if (coding !== "chunked") throw new Ambiguous(`transfer coding ${JSON.stringify(coding)}`);
    return "chunked";
  }
  const [length] = lengths;
  if (length === undefined) return undefined;
  if (!/^[0-9]{1,15}$/.test(length)) throw new Ambiguous(`length ${JSON.stringify(length)}`);
  return Number(length);
}

function readChunks(
  octets: string,
  from: number,
): { body: string; trailers: [string, string][]; end: number } {
  let body = "";
  let at = from;
  for (;;) {
    const line = readLine(octets, at);
    if (!/^[0-9a-fA-F]{1,8}$/.test(line)) throw new Ambiguous(`chunk size ${JSON.stringify(line)}`);
    at += line.length + 2;
    const size = Number.parseInt(line, 16);
    if (size === 0) break;
    if (octets.length < at + size + 2) throw new Short();
    body += octets.slice(at, at + size);
    if (octets.slice(at + size, at + size + 2) !== "\r\n")
      throw new Ambiguous("a chunk does not end in CR LF");
    at += size + 2;
  }
  const { fields, end } = readFields(octets, at);
  for (const [name] of fields) if (NO_TRAILERS.has(name)) throw new Ambiguous(`trailer ${name}`);
  return { body, trailers: fields, end };
}
