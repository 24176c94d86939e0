import type { Socket } from "node:net";
import { connectSocket } from "./connect-socket.ts";
import { waitFor } from "./wait-for.ts";

/** A frame as it arrived. */
export interface Http2Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** What became of one stream. */
export interface Http2StreamOutcome {
  status: number;
  /** Statuses of 1xx responses ahead of it. */
  interim: number[];
  body: string;
  trailers: boolean;
  ended: boolean;
  /** Code of RST_STREAM. */
  reset: number | undefined;
}

export interface RawHttp2Options {
  /** Sent as SETTINGS behind the preface, by identifier. The header table is always 0. */
  readonly settings?: ReadonlyArray<readonly [id: number, value: number]>;
  /** Instead of preface and SETTINGS. */
  readonly opening?: string;
  /** Gives back what DATA took from the windows; default true. */
  readonly windowUpdates?: boolean;
  /** Address that the connection comes from. */
  readonly localAddress?: string;
}

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const END_STREAM = 1;
const END_HEADERS = 4;

/** An HTTP/2 connection to 127.0.0.1 on which a test decides every frame. SETTINGS are acknowledged by themselves. */
export class RawHttp2Client {
  readonly socket: Socket;
  readonly frames: Http2Frame[] = [];
  readonly streams = new Map<number, Http2StreamOutcome>();
  /** Of the last GOAWAY. */
  goAway: { readonly lastStreamId: number; readonly code: number } | undefined = undefined;
  goAways = 0;
  closed = false;
  /** The peer's SETTINGS. */
  readonly settings = new Map<number, number>();
  private readonly windowUpdates: boolean;
  private rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket, options: RawHttp2Options) {
    this.socket = socket;
    this.windowUpdates = options.windowUpdates ?? true;
    socket.on("data", (chunk: Buffer) => this.read(chunk));
    socket.on("error", () => {
      this.closed = true;
    });
    socket.on("close", () => {
      this.closed = true;
    });
    socket.on("end", () => {
      this.closed = true;
      socket.end();
    });
  }

  static async connect(port: number, options: RawHttp2Options = {}): Promise<RawHttp2Client> {
    const socket = await connectSocket(port, options);
    const client = new RawHttp2Client(socket, options);
    if (options.opening !== undefined) client.write(options.opening);
    else {
      client.write(PREFACE);
      const settings = [[1, 0] as const, ...(options.settings ?? [])];
      client.frame(4, 0, 0, Buffer.concat(settings.map(([id, value]) => setting(id, value))));
    }
    return client;
  }

  /** Strings are latin1. */
  write(data: string | Uint8Array): void {
    this.socket.write(typeof data === "string" ? Buffer.from(data, "latin1") : data);
  }

  frame(type: number, flags: number, streamId: number, payload: string | Uint8Array = ""): void {
    this.write(http2Frame(type, flags, streamId, payload));
  }

  /** HEADERS with `fields` as literals; `name: value` pairs in order. `flags` default: END_HEADERS and END_STREAM. */
  headers(
    streamId: number,
    fields: ReadonlyArray<readonly [string, string]>,
    flags = END_HEADERS | END_STREAM,
  ): void {
    this.frame(1, flags, streamId, headerBlock(fields));
  }

  /** A GET (or `method`) for `path`. */
  request(
    streamId: number,
    path: string,
    more: ReadonlyArray<readonly [string, string]> = [],
    options: { readonly method?: string; readonly endStream?: boolean } = {},
  ): void {
    this.headers(
      streamId,
      [...requestFields(path, options.method), ...more],
      END_HEADERS | ((options.endStream ?? true) ? END_STREAM : 0),
    );
  }

  data(streamId: number, payload: string | Uint8Array, endStream: boolean): void {
    this.frame(0, endStream ? END_STREAM : 0, streamId, payload);
  }

  reset(streamId: number, code: number): void {
    this.frame(3, 0, streamId, uint32(code));
  }

  windowUpdate(streamId: number, bytes: number): void {
    this.frame(8, 0, streamId, uint32(bytes));
  }

  ping(payload = "pingping"): void {
    this.frame(6, 0, 0, payload);
  }

  /** Waits until a stream's response has ended or the stream was reset or the connection closed. */
  async outcome(streamId: number, deadlineMs = 5000): Promise<Http2StreamOutcome | undefined> {
    await waitFor(`the end of stream ${streamId}`, () => this.isOver(streamId), { deadlineMs });
    return this.streams.get(streamId);
  }

  isOver(streamId: number): boolean {
    const stream = this.streams.get(streamId);
    return this.closed || stream?.ended === true || stream?.reset !== undefined;
  }

  async waitForFrame(
    what: string,
    test: (frame: Http2Frame) => boolean,
    deadlineMs = 5000,
  ): Promise<Http2Frame> {
    return waitFor(what, () => this.frames.find(test), { deadlineMs });
  }

  async waitForClose(deadlineMs = 5000): Promise<void> {
    await waitFor("the connection's end", () => this.closed, { deadlineMs });
  }

  destroy(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    while (this.rest.length >= 9) {
      const length = this.rest.readUIntBE(0, 3);
      if (this.rest.length < 9 + length) return;
      const frame = {
        type: this.rest[3] ?? 0,
        flags: this.rest[4] ?? 0,
        streamId: this.rest.readUInt32BE(5) & 0x7fff_ffff,
        payload: Buffer.from(this.rest.subarray(9, 9 + length)),
      };
      this.rest = this.rest.subarray(9 + length);
      this.frames.push(frame);
      this.apply(frame);
    }
  }

  private apply({ type, flags, streamId, payload }: Http2Frame): void {
    switch (type) {
      case 0: {
        const stream = this.stream(streamId);
        stream.body += payload.toString("latin1");
        if ((flags & END_STREAM) !== 0) stream.ended = true;
        else if (this.windowUpdates && payload.length > 0) {
          this.windowUpdate(streamId, payload.length);
          this.windowUpdate(0, payload.length);
        }
        break;
      }
      case 1: {
        const stream = this.stream(streamId);
        const status = statusOf(payload);
        if (stream.status !== 0) stream.trailers = true;
        else if (status < 200) stream.interim.push(status);
        else stream.status = status;
        if ((flags & END_STREAM) !== 0) stream.ended = true;
        break;
      }
      case 3:
        this.stream(streamId).reset = payload.readUInt32BE(0);
        break;
      case 4:
        if ((flags & 1) !== 0) break;
        for (let at = 0; at < payload.length; at += 6) {
          this.settings.set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
        }
        this.frame(4, 1, 0);
        break;
      case 7:
        this.goAways++;
        this.goAway = { lastStreamId: payload.readUInt32BE(0), code: payload.readUInt32BE(4) };
        break;
    }
  }

  private stream(id: number): Http2StreamOutcome {
    const known = this.streams.get(id);
    if (known !== undefined) return known;
    const stream = { status: 0, interim: [], body: "", trailers: false, ended: false, reset: undefined };
    this.streams.set(id, stream);
    return stream;
  }
}

/** The pseudo-headers of a plain request. */
export function requestFields(path: string, method = "GET"): [string, string][] {
  return [
    [":method", method],
    [":scheme", "http"],
    [":path", path],
    [":authority", "example.test"],
  ];
}

/** The octets of a frame. */
export function http2Frame(
  type: number,
  flags: number,
  streamId: number,
  payload: string | Uint8Array = "",
): Buffer {
  const octets = typeof payload === "string" ? Buffer.from(payload, "latin1") : Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(octets.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, octets]);
}

/** A header block of literals that no table keeps, without Huffman codes. */
export function headerBlock(fields: ReadonlyArray<readonly [string, string]>): Buffer {
  const text = (value: string): Buffer => {
    const octets = Buffer.from(value, "latin1");
    const rest: number[] = [];
    let more = octets.length - 0x7f;
    if (more >= 0) {
      for (; more >= 0x80; more >>= 7) rest.push((more & 0x7f) | 0x80);
      rest.push(more);
    }
    return Buffer.concat([Buffer.from([Math.min(octets.length, 0x7f), ...rest]), octets]);
  };
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

function uint32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

function setting(id: number, value: number): Buffer {
  const octets = Buffer.alloc(6);
  octets.writeUInt16BE(id);
  octets.writeUInt32BE(value, 2);
  return octets;
}

const STATIC_STATUSES = [200, 204, 206, 304, 400, 404, 500];

/** `:status` of a response's header block, which comes first; 0 where there is none (trailers). */
function statusOf(block: Buffer): number {
  let at = 0;
  // Announcements of the table's size.
  while (((block[at] ?? 0) & 0xe0) === 0x20) at++;
  const first = block[at] ?? 0;
  if (first >= 0x88 && first <= 0x8e) return STATIC_STATUSES[first - 0x88] ?? 0;
  // A literal with the name of entry 8 (or 9–14, the same name): three digits, plain or by Huffman code.
  const index = first >= 0x40 ? first & 0x3f : first & 0x0f;
  if (index < 8 || index > 14) return 0;
  const length = block[at + 1] ?? 0;
  const octets = block.subarray(at + 2, at + 2 + (length & 0x7f));
  return Number(length < 0x80 ? octets.toString("latin1") : huffmanDigits(octets));
}

/** Digits: 0–2 have codes of five bits (0–2), 3–9 of six (0x19–0x1f). */
function huffmanDigits(octets: Buffer): string {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, "0")).join("");
  let text = "";
  for (let at = 0; at + 5 <= bits.length; ) {
    const five = Number.parseInt(bits.slice(at, at + 5), 2);
    if (five <= 2) {
      text += five;
      at += 5;
    } else {
      const six = Number.parseInt(bits.slice(at, at + 6), 2);
      if (six < 0x19 || six > 0x1f || bits.length - at < 6) break;
      text += six - 0x19 + 3;
      at += 6;
    }
  }
  return text;
}
