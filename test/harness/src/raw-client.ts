import type { Socket } from "node:net";
import { connectSocket } from "./connect-socket.ts";
import {
  emptyBody,
  type Fields,
  fieldOf,
  type Http1Body,
  type Http1Head,
  readBody,
  readHead,
  responseFraming,
} from "./http1-message.ts";
import { SocketReader } from "./socket-reader.ts";

export interface RawResponse extends Http1Body {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly fields: Fields;
  /** The head's octets. */
  readonly raw: string;
  /** 1xx responses that came before, 101 excepted: that one is the response. */
  readonly interim: readonly { readonly status: number; readonly fields: Fields }[];
  /** The body as latin1. */
  readonly text: string;
  header(name: string): string | undefined;
}

/** A TCP connection on which a test decides every octet. */
export interface RawConnection {
  readonly socket: Socket;
  readonly reader: SocketReader;
  /** Strings are latin1: one octet per char code. */
  write(data: string | Uint8Array): void;
  /** Sends FIN; what comes can still be read. */
  end(): void;
  /** Sends RST. */
  reset(): void;
  /** The next final response. `method` decides whether a body follows (HEAD has none); default GET. */
  response(method?: string): Promise<RawResponse>;
  /** Waits until the other side has closed; answers everything unread. */
  closed(): Promise<Buffer>;
  destroy(): void;
}

/** Connects to 127.0.0.1, or to `host`. */
export async function connectRaw(
  port: number,
  options: { readonly host?: string; readonly deadlineMs?: number; readonly localAddress?: string } = {},
): Promise<RawConnection> {
  const socket = await connectSocket(port, options);
  const reader = new SocketReader(socket, options.deadlineMs);
  return {
    socket,
    reader,
    write: (data) => void socket.write(typeof data === "string" ? Buffer.from(data, "latin1") : data),
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    response: (method = "GET") => readResponse(reader, method),
    closed: () => reader.toEnd(),
    destroy: () => void socket.destroy(),
  };
}

async function readResponse(reader: SocketReader, method: string): Promise<RawResponse> {
  const interim: { status: number; fields: Fields }[] = [];
  for (;;) {
    const head = await readHead(reader);
    const status = Number(head.start[1]);
    if (status >= 200 || status === 101 || Number.isNaN(status))
      return finish(head, status, interim, reader, method);
    interim.push({ status, fields: head.fields });
  }
}

async function finish(
  head: Http1Head,
  status: number,
  interim: RawResponse["interim"],
  reader: SocketReader,
  method: string,
): Promise<RawResponse> {
  const body = emptyBody();
  const tunnel = status === 101 || (method === "CONNECT" && status === 200);
  await readBody(reader, tunnel ? "none" : responseFraming(method, status, head.fields), body);
  return {
    ...body,
    version: head.start[0],
    status,
    reason: head.start[2],
    fields: head.fields,
    raw: head.raw,
    interim,
    text: body.body.toString("latin1"),
    header: (name) => fieldOf(head.fields, name),
  };
}

export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  /** `host: localhost` is added unless one is given; `content-length` when there is a body and no framing. */
  readonly headers?: Fields;
  readonly body?: string | Uint8Array;
  readonly deadlineMs?: number;
}

/** One request on a connection of its own. */
export async function requestOnce(port: number, options: RequestOptions = {}): Promise<RawResponse> {
  const connection = await connectRaw(port, { deadlineMs: options.deadlineMs ?? 10_000 });
  try {
    connection.write(requestBytes(options));
    return await connection.response(options.method);
  } finally {
    connection.destroy();
  }
}

/** The octets of a request. */
export function requestBytes(options: RequestOptions): Buffer {
  const fields: Fields = [...(options.headers ?? [])];
  if (fieldOf(fields, "host") === undefined) fields.unshift(["host", "localhost"]);
  const body = Buffer.from(options.body ?? "");
  const framed =
    fieldOf(fields, "content-length") !== undefined || fieldOf(fields, "transfer-encoding") !== undefined;
  if (body.length > 0 && !framed) fields.push(["content-length", String(body.length)]);
  const head = `${options.method ?? "GET"} ${options.path ?? "/"} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), body]);
}
