import { headerBlock, type RawHttp2Client, requestFields } from "@sluice/harness";
import type { Http2Entry } from "./strictness-entry.ts";

type Fields = readonly (readonly [string, string])[];
type Send = Http2Entry["send"];
type Row = readonly [name: string, rfc: string, send: Send, more?: Partial<Http2Entry>];

const PATH = "/e";
const END_STREAM = 1;
const END_HEADERS = 4;

const all = requestFields(PATH);
/** A request whose fields are these. */
const only =
  (fields: Fields): Send =>
  (c) =>
    c.headers(1, fields);
/** A plain request with these behind. */
const plus = (...fields: Fields): Send => only([...all, ...fields]);
const without = (name: string): Fields => all.filter(([field]) => field !== name);
const replaced = (name: string, value: string): Send =>
  only(all.map(([field, old]) => [field, field === name ? value : old]));

/** A POST with these fields and this body. */
const posted =
  (fields: Fields, body: string): Send =>
  (c) => {
    c.request(1, PATH, fields, { method: "POST", endStream: false });
    c.data(1, body, true);
  };

/** A POST with a body and this trailer section. */
const trailed =
  (trailers: Fields, flags = END_STREAM | END_HEADERS): Send =>
  (c) => {
    c.request(1, PATH, [], { method: "POST", endStream: false });
    c.data(1, "hello", false);
    c.headers(1, trailers, flags);
  };

function settings(id: number, value: number): Buffer {
  const octets = Buffer.alloc(6);
  octets.writeUInt16BE(id);
  octets.writeUInt32BE(value, 2);
  return octets;
}

const setting =
  (id: number, value: number): Send =>
  (c) => {
    c.frame(4, 0, 0, settings(id, value));
    c.request(1, PATH);
  };

/** Frames before a plain request. */
const first =
  (send: (c: RawHttp2Client) => void): Send =>
  (c) => {
    send(c);
    c.request(1, PATH);
  };

/** The block as it is. */
const block =
  (octets: string): Send =>
  (c) =>
    c.frame(1, END_STREAM | END_HEADERS, 1, octets);

const ROWS: readonly Row[] = [
  // Pseudo-headers.
  ["a plain request", "9113 §8.3.1", plus()],
  ["no :method", "9113 §8.3.1", only(without(":method"))],
  ["no :scheme", "9113 §8.3.1", only(without(":scheme"))],
  ["no :path", "9113 §8.3.1", only(without(":path"))],
  ["no :authority", "9113 §8.3.1", only(without(":authority"))],
  ["Host in place of :authority", "9113 §8.3.1", only([...without(":authority"), ["host", "h.test"]])],
  ["another Host beside :authority", "9113 §8.3.1", plus(["host", "h.test"])],
  ["two Hosts", "9112 §3.2", only([...without(":authority"), ["host", "h.test"], ["host", "i.test"]])],
  ["an empty :authority", "9113 §8.3.1", replaced(":authority", "")],
  ["an :authority with userinfo", "9113 §8.3.1", replaced(":authority", "u@a.test")],
  ["an :authority with a path", "9113 §8.3.1", replaced(":authority", "a.test/x")],
  ["an :authority with CR LF", "9113 §8.2.1", replaced(":authority", "a.test\r\nx: y")],
  ["two :method", "9113 §8.3", plus([":method", "GET"])],
  ["two :path", "9113 §8.3", plus([":path", "/smuggled"])],
  ["two :authority", "9113 §8.3", plus([":authority", "b.test"])],
  ["two :scheme", "9113 §8.3", plus([":scheme", "https"])],
  ["an unknown pseudo-header", "9113 §8.3", only([[":what", "x"], ...all])],
  [":status in a request", "9113 §8.3", plus([":status", "200"])],
  ["a pseudo-header behind a field", "9113 §8.3", only([["a", "b"], ...all])],
  ["an empty :path", "9113 §8.3.1", replaced(":path", "")],
  ["a relative :path", "9113 §8.3.1", replaced(":path", "e")],
  ["an absolute :path", "9113 §8.3.1", replaced(":path", "http://b.test/e")],
  ["an asterisk for GET", "9113 §8.3.1", replaced(":path", "*")],
  ["a :path with a space", "9113 §8.3.1", replaced(":path", "/e HTTP/1.1")],
  ["a :path with CR LF", "9113 §8.2.1", replaced(":path", "/e HTTP/1.1\r\nhost: b\r\n\r\nGET /smuggled")],
  ["a :path with a tab", "9113 §8.3.1", replaced(":path", "/e\tf")],
  ["a :path with a NUL", "9113 §8.2.1", replaced(":path", "/e\0")],
  ["a :path above ASCII", "9113 §8.3.1", replaced(":path", "/\xc3\xa9")],
  ["a :path with a fragment", "9113 §8.3.1", replaced(":path", "/e#f")],
  ["a :method with a space", "9113 §8.3.1", replaced(":method", "GET /smuggled HTTP/1.1")],
  ["a :method with CR LF", "9113 §8.2.1", replaced(":method", "GET / HTTP/1.1\r\nx: y\r\n\r\nGET")],
  ["an empty :method", "9113 §8.3.1", replaced(":method", "")],
  ["a lower-case :method", "9110 §9.1", replaced(":method", "get")],
  ["an unknown :method", "9110 §9.1", replaced(":method", "FOO")],
  ["a :method of odd token octets", "9110 §9.1", replaced(":method", "G!T")],
  ["a :method with a slash", "9110 §9.1", replaced(":method", "G/T")],
  ["another :scheme", "9113 §8.3.1", replaced(":scheme", "ftp")],
  ["a :scheme with CR LF", "9113 §8.2.1", replaced(":scheme", "http\r\nx: y")],
  ["an empty :scheme", "9113 §8.3.1", replaced(":scheme", "")],
  // Fields.
  ["connection", "9113 §8.2.2", plus(["connection", "close"])],
  ["keep-alive", "9113 §8.2.2", plus(["keep-alive", "1"])],
  ["proxy-connection", "9113 §8.2.2", plus(["proxy-connection", "close"])],
  ["upgrade", "9113 §8.2.2", plus(["upgrade", "websocket"])],
  [
    "transfer-encoding",
    "9113 §8.2.2",
    posted([["transfer-encoding", "chunked"]], "0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: b\r\n\r\n"),
  ],
  ["te: gzip", "9113 §8.2.2", plus(["te", "gzip"])],
  ["te: trailers, gzip", "9113 §8.2.2", plus(["te", "trailers, gzip"])],
  ["te: trailers", "9113 §8.2.2", plus(["te", "trailers"])],
  ["an upper-case name", "9113 §8.2.1", plus(["X-A", "1"])],
  ["an empty name", "9113 §8.2.1", plus(["", "1"])],
  ["a name with a space", "9113 §8.2.1", plus(["a b", "1"])],
  ["a name with a colon", "9113 §8.2.1", plus(["a:b", "1"])],
  ["a name with CR LF", "9113 §8.2.1", plus(["a: b\r\nc", "1"])],
  ["a name with a NUL", "9113 §8.2.1", plus(["a\0", "1"])],
  ["a name above ASCII", "9113 §8.2.1", plus(["\xe9", "1"])],
  ["a value with CR", "9113 §8.2.1", plus(["a", "b\rc"])],
  ["a value with LF", "9113 §8.2.1", plus(["a", "b\nc"])],
  [
    "a value with CR LF and a request",
    "9113 §8.2.1",
    plus(["a", "b\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: b\r\n\r\n"]),
  ],
  ["a value with a NUL", "9113 §8.2.1", plus(["a", "b\0c"])],
  ["a value with a control character", "9110 §5.5", plus(["a", "b\x01c"])],
  ["a value with DEL", "9110 §5.5", plus(["a", "b\x7fc"])],
  ["a value that begins with a space", "9113 §8.2.1", plus(["a", " b"])],
  ["a value that ends in a tab", "9113 §8.2.1", plus(["a", "b\t"])],
  ["a value above ASCII", "9110 §5.5", plus(["a", "\xff"])],
  ["cookies in two fields", "9113 §8.2.3", plus(["cookie", "a=1"], ["cookie", "b=2"])],
  [
    "headers of 70 kB",
    "9113 §10.5.1",
    (c) => {
      const octets = headerBlock([...all, ["x", "a".repeat(70_000)]]);
      c.frame(1, END_STREAM, 1, octets.subarray(0, 16_000));
      for (let at = 16_000; at < octets.length; at += 16_000) {
        c.frame(9, at + 16_000 < octets.length ? 0 : END_HEADERS, 1, octets.subarray(at, at + 16_000));
      }
    },
  ],
  [
    "more than 100 fields",
    "9113 §10.5.1",
    plus(...Array.from({ length: 101 }, (_, i): [string, string] => [`x-${i}`, "v"])),
  ],
  // Lengths.
  ["a length that is met", "9113 §8.1.1", posted([["content-length", "5"]], "hello")],
  ["a length that is too small", "9113 §8.1.1", posted([["content-length", "3"]], "hello")],
  ["a length that is too large", "9113 §8.1.1", posted([["content-length", "9"]], "hello")],
  ["a length without a body", "9113 §8.1.1", plus(["content-length", "5"])],
  [
    "a length of 0 with a body",
    "9113 §8.1.1",
    posted([["content-length", "0"]], "GET /smuggled HTTP/1.1\r\nhost: b\r\n\r\n"),
    { mayReachUpstream: true },
  ],
  [
    "two equal lengths",
    "9110 §8.6",
    posted(
      [
        ["content-length", "5"],
        ["content-length", "5"],
      ],
      "hello",
    ),
  ],
  [
    "two different lengths",
    "9110 §8.6",
    posted(
      [
        ["content-length", "5"],
        ["content-length", "0"],
      ],
      "hello",
    ),
  ],
  ["a list of lengths", "9110 §8.6", posted([["content-length", "5, 5"]], "hello")],
  ["a length with +", "9110 §8.6", posted([["content-length", "+5"]], "hello")],
  ["a hexadecimal length", "9110 §8.6", posted([["content-length", "0x5"]], "hello")],
  ["an empty length", "9110 §8.6", posted([["content-length", ""]], "hello")],
  ["a length with leading zeros", "9110 §8.6", posted([["content-length", "005"]], "hello")],
  // Trailers.
  ["a trailer", "9113 §8.1", trailed([["x-end", "1"]])],
  ["a trailer that passes", "9113 §8.1", trailed([["x-end", "1"]]), { listener: "open" }],
  ["a pseudo-header as trailer", "9113 §8.1", trailed([[":path", "/smuggled"]])],
  ["a length as trailer", "9110 §6.5.1", trailed([["content-length", "50"]]), { listener: "open" }],
  ["a Host as trailer", "9110 §6.5.1", trailed([["host", "b.test"]]), { listener: "open" }],
  ["a coding as trailer", "9113 §8.2.2", trailed([["transfer-encoding", "chunked"]]), { listener: "open" }],
  ["trailers that do not end the stream", "9113 §8.1", trailed([["x-end", "1"]], END_HEADERS)],
  ["a trailer with CR LF", "9113 §8.2.1", trailed([["x-end", "1\r\ny: z"]]), { listener: "open" }],
  // CONNECT.
  [
    "CONNECT",
    "9113 §8.5",
    only([
      [":method", "CONNECT"],
      [":authority", "b.test:80"],
    ]),
  ],
  [
    "CONNECT with :path",
    "9113 §8.5",
    only([
      [":method", "CONNECT"],
      [":path", "/"],
      [":authority", "b.test:80"],
    ]),
  ],
  [
    ":protocol that was not offered",
    "8441 §4",
    only([
      ...all.map(([n, v]): [string, string] => [n, n === ":method" ? "CONNECT" : v]),
      [":protocol", "websocket"],
    ]),
  ],
  [":protocol with GET", "8441 §4", plus([":protocol", "websocket"]), { listener: "open" }],
  // Framing.
  [
    "HTTP/1.1 in place of the preface's SETTINGS",
    "9113 §3.4",
    () => {},
    { opening: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: b\r\n\r\n" },
  ],
  ["HEADERS on stream 0", "9113 §6.2", (c) => c.headers(0, all)],
  ["HEADERS on an even stream", "9113 §5.1.1", (c) => c.headers(2, all)],
  [
    "HEADERS on a smaller stream",
    "9113 §5.1.1",
    (c) => {
      c.request(3, PATH);
      c.request(1, PATH);
    },
  ],
  ["DATA on stream 0", "9113 §6.1", first((c) => c.data(0, "x", false))],
  ["DATA on an idle stream", "9113 §5.1", (c) => c.data(1, "x", true)],
  [
    "DATA behind the end of its stream",
    "9113 §5.1",
    (c) => {
      c.request(1, PATH);
      c.data(1, "x", true);
    },
  ],
  [
    "HEADERS with too much padding",
    "9113 §6.2",
    (c) => c.frame(1, 13, 1, Buffer.concat([Buffer.from([255]), headerBlock(all)])),
  ],
  [
    "HEADERS with padding",
    "9113 §6.2",
    (c) => c.frame(1, 13, 1, Buffer.concat([Buffer.from([3]), headerBlock(all), Buffer.alloc(3)])),
  ],
  [
    "HEADERS with padding that is not zero",
    "9113 §6.2",
    (c) => c.frame(1, 13, 1, Buffer.concat([Buffer.from([3]), headerBlock(all), Buffer.from("abc")])),
  ],
  [
    "a stream that depends on itself",
    "9113 §5.3.2",
    (c) => c.frame(1, 37, 1, Buffer.concat([Buffer.from([0, 0, 0, 1, 16]), headerBlock(all)])),
  ],
  [
    "DATA with too much padding",
    "9113 §6.1",
    (c) => {
      c.request(1, PATH, [], { method: "POST", endStream: false });
      c.frame(0, 9, 1, "\xffhello");
    },
  ],
  [
    "DATA with padding",
    "9113 §6.1",
    (c) => {
      c.request(1, PATH, [], { method: "POST", endStream: false });
      c.frame(0, 9, 1, "\x03hello\0\0\0");
    },
  ],
  ["CONTINUATION alone", "9113 §6.10", first((c) => c.frame(9, END_HEADERS, 1, "\x82"))],
  [
    "CONTINUATION",
    "9113 §6.10",
    (c) => {
      const o = headerBlock(all);
      c.frame(1, END_STREAM, 1, o.subarray(0, 9));
      c.frame(9, END_HEADERS, 1, o.subarray(9));
    },
  ],
  [
    "CONTINUATION of another stream",
    "9113 §6.10",
    (c) => {
      c.headers(1, all, END_STREAM);
      c.frame(9, END_HEADERS, 3, "");
    },
  ],
  [
    "PING amid a header block",
    "9113 §6.10",
    (c) => {
      c.headers(1, all, END_STREAM);
      c.ping();
      c.frame(9, END_HEADERS, 1, "");
    },
  ],
  [
    "DATA amid a header block",
    "9113 §6.10",
    (c) => {
      c.headers(1, all, 0);
      c.data(1, "x", true);
    },
  ],
  [
    "an unknown frame amid a header block",
    "9113 §5.5",
    (c) => {
      c.headers(1, all, END_STREAM);
      c.frame(0x40, 0, 1, "x");
      c.frame(9, END_HEADERS, 1, "");
    },
  ],
  ["an unknown frame", "9113 §5.5", first((c) => c.frame(0x40, 255, 0, "x"))],
  ["a frame of more than 16 KiB", "9113 §4.2", first((c) => c.frame(0x40, 0, 0, Buffer.alloc(16_385)))],
  ["PUSH_PROMISE", "9113 §8.4", first((c) => c.frame(5, END_HEADERS, 1, "\0\0\0\x02\x82"))],
  ["PRIORITY of 4 octets", "9113 §6.3", first((c) => c.frame(2, 0, 1, "\0\0\0\0"))],
  ["RST_STREAM on stream 0", "9113 §6.4", first((c) => c.reset(0, 8))],
  ["RST_STREAM on an idle stream", "9113 §6.4", (c) => c.reset(1, 8)],
  [
    "RST_STREAM of 3 octets",
    "9113 §6.4",
    (c) => {
      c.request(1, PATH, [], { endStream: false });
      c.frame(3, 0, 1, "\0\0\0");
    },
  ],
  ["PING of 7 octets", "9113 §6.7", first((c) => c.ping("1234567"))],
  ["PING on a stream", "9113 §6.7", first((c) => c.frame(6, 0, 1, "12345678"))],
  ["GOAWAY on a stream", "9113 §6.8", first((c) => c.frame(7, 0, 1, "\0\0\0\0\0\0\0\0"))],
  ["GOAWAY of 7 octets", "9113 §6.8", first((c) => c.frame(7, 0, 0, "\0\0\0\0\0\0\0"))],
  ["WINDOW_UPDATE of 0", "9113 §6.9", first((c) => c.windowUpdate(0, 0))],
  [
    "WINDOW_UPDATE of 0 on a stream",
    "9113 §6.9",
    (c) => {
      c.request(1, PATH, [], { method: "POST", endStream: false });
      c.windowUpdate(1, 0);
    },
  ],
  ["a connection window beyond 2^31 - 1", "9113 §6.9.1", first((c) => c.windowUpdate(0, 0x7fff_ffff))],
  [
    "a stream window beyond 2^31 - 1",
    "9113 §6.9.1",
    (c) => {
      c.request(1, PATH, [], { method: "POST", endStream: false });
      c.windowUpdate(1, 0x7fff_ffff);
    },
  ],
  ["WINDOW_UPDATE of 3 octets", "9113 §6.9", first((c) => c.frame(8, 0, 0, "\0\0\x01"))],
  ["SETTINGS of 5 octets", "9113 §6.5", first((c) => c.frame(4, 0, 0, "12345"))],
  ["SETTINGS on a stream", "9113 §6.5", first((c) => c.frame(4, 0, 1, ""))],
  ["SETTINGS acknowledgement with a payload", "9113 §6.5", first((c) => c.frame(4, 1, 0, settings(3, 1)))],
  ["ENABLE_PUSH of 2", "9113 §6.5.2", setting(2, 2)],
  ["INITIAL_WINDOW_SIZE of 2^31", "9113 §6.5.2", setting(4, 0x8000_0000)],
  ["MAX_FRAME_SIZE of 16383", "9113 §6.5.2", setting(5, 16_383)],
  ["MAX_FRAME_SIZE of 2^24", "9113 §6.5.2", setting(5, 0x0100_0000)],
  ["ENABLE_CONNECT_PROTOCOL of 2", "8441 §3", setting(8, 2)],
  ["an unknown setting", "9113 §6.5.2", setting(0x99, 7)],
  // HPACK.
  ["index 0", "7541 §6.1", block("\x80")],
  ["an index beyond the tables", "7541 §2.3.3", block("\xff\x80\x01")],
  ["an index that overflows", "7541 §5.1", block(`\xff${"\xff".repeat(10)}\x01`)],
  ["a length beyond the block", "7541 §5.2", block("\x82\x87\x84\x00\x7f\x05a")],
  ["a Huffman code with EOS", "7541 §5.2", block("\x82\x86\x84\x00\x84\xff\xff\xff\xfc\x01a")],
  ["Huffman padding of more than 7 bits", "7541 §5.2", block("\x82\x86\x84\x00\x82\x1f\xff\x01a")],
  ["Huffman padding of zeros", "7541 §5.2", block("\x82\x86\x84\x00\x81\x18\x01a")],
  ["a table size update behind a field", "7541 §4.2", block("\x82\x86\x84\x20")],
  ["a table size update beyond the setting", "7541 §6.3", block("\x3f\xff\xff\x7f\x82\x86\x84")],
  ["a block that ends within a field", "7541 §3.1", block("\x82\x86\x84\x00\x01")],
  ["an empty block", "9113 §8.3.1", block("")],
];

export const HTTP2_ENTRIES: readonly Http2Entry[] = ROWS.map(([name, rfc, send, more]) => ({
  kind: "http2",
  name,
  rfc,
  send,
  ...more,
}));
