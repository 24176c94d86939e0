import type { ResponseEntry } from "./strictness-entry.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const STRAY = "HTTP/1.1 200 OK\r\nx-stray: 1\r\ncontent-length: 5\r\n\r\nstray";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const HELLO = "5\r\nhello\r\n0\r\n\r\n";
const END = { afterwards: "end" } as const;
const HEAD = { method: "HEAD" } as const;

type Row = readonly [name: string, rfc: string, octets: string, more?: Partial<ResponseEntry>];

/** What an upstream may get wrong. */
const ROWS: readonly Row[] = [
  // Framing.
  ["length and chunked", "9112 §6.3", `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${HELLO}`],
  ["two equal lengths", "9112 §6.3", `${OK}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
  ["two different lengths", "9112 §6.3", `${OK}Content-Length: 5\r\nContent-Length: 3\r\n\r\nhello`],
  ["a list of lengths", "9112 §6.3", `${OK}Content-Length: 5, 5\r\n\r\nhello`],
  ["a length with +", "9110 §8.6", `${OK}Content-Length: +5\r\n\r\nhello`],
  ["a length with -", "9110 §8.6", `${OK}Content-Length: -5\r\n\r\nhello`],
  ["an empty length", "9110 §8.6", `${OK}Content-Length:\r\n\r\n`, END],
  ["a space before the length's colon", "9112 §5.1", `${OK}Content-Length : 5\r\n\r\nhello`],
  ["gzip, chunked", "9112 §6.1", `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n${HELLO}`],
  ["transfer coding identity", "9112 §6.1", `${OK}Transfer-Encoding: identity\r\n\r\nhello`, END],
  [
    "two lines of chunked",
    "9112 §6.1",
    `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${HELLO}`,
  ],
  ["chunked in HTTP/1.0", "9112 §6.1", `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${HELLO}`, END],
  ["a body without length", "9112 §6.3", `${OK}\r\nhello`, END],
  ["a body without length that is reset", "9112 §6.3", `${OK}\r\nhello`, { afterwards: "reset" }],
  ["a body shorter than its length", "9112 §8", `${OK}Content-Length: 10\r\n\r\nhello`, END],
  ["a body longer than its length", "9112 §6.3", `${OK}Content-Length: 3\r\n\r\nhello`],
  ["a second answer at once", "9112 §9.2", `${OK}Content-Length: 5\r\n\r\nhello${STRAY}`],
  ["a second answer behind 204", "9112 §9.2", `HTTP/1.1 204 No Content\r\n\r\n${STRAY}`],
  ["204 with a length", "9110 §8.6", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"],
  ["204 with length 0", "9110 §8.6", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"],
  ["204 with chunks", "9112 §6.1", `HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n${HELLO}`],
  ["304 with a length alone", "9110 §8.6", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"],
  ["304 with a body", "9112 §6.3", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello"],
  ["304 with chunks", "9112 §6.3", `HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n${HELLO}`],
  ["205 with a body", "9110 §15.3.6", "HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello"],
  ["HEAD with a length", "9110 §9.3.2", `${OK}Content-Length: 5\r\n\r\n`, HEAD],
  ["HEAD with a body", "9110 §9.3.2", `${OK}Content-Length: 5\r\n\r\nhello`, HEAD],
  ["HEAD with chunked alone", "9110 §9.3.2", `${OK}Transfer-Encoding: chunked\r\n\r\n`, HEAD],
  ["HEAD with chunks", "9110 §9.3.2", `${CHUNKED}${HELLO}`, HEAD],
  // Chunks.
  ["plain chunks", "9112 §7.1", `${CHUNKED}${HELLO}`],
  ["a chunk size that is no number", "9112 §7.1", `${CHUNKED}g\r\nhello\r\n0\r\n\r\n`],
  ["a chunk size with 0x", "9112 §7.1", `${CHUNKED}0x5\r\nhello\r\n0\r\n\r\n`],
  ["a chunk size that overflows", "9112 §7.1", `${CHUNKED}10000000000000005\r\nhello\r\n0\r\n\r\n`],
  ["a chunk size that ends in LF", "9112 §2.2", `${CHUNKED}5\nhello\r\n0\r\n\r\n`],
  ["a chunk longer than it says", "9112 §7.1", `${CHUNKED}4\r\nhello\r\n0\r\n\r\n`],
  ["an end within a chunk", "9112 §8", `${CHUNKED}a\r\nhello`, END],
  ["an end before the last chunk", "9112 §8", `${CHUNKED}5\r\nhello\r\n`, END],
  ["an answer behind the last chunk", "9112 §9.2", `${CHUNKED}${HELLO}${STRAY}`],
  ["a length as trailer", "9110 §6.5.1", `${CHUNKED}5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n`],
  ["a malformed trailer", "9112 §5", `${CHUNKED}5\r\nhello\r\n0\r\nno colon\r\n\r\n`],
  // Status lines.
  ["nothing but an end", "9112 §8", "", END],
  ["nothing but a reset", "9112 §8", "", { afterwards: "reset" }],
  ["an end within the head", "9112 §8", `${OK}Content-Le`, END],
  ["garbage", "9112 §4", "garbage\r\n\r\n"],
  ["HTTP/0.9", "9112 §2.3", "<html></html>", END],
  ["HTTP/1.0 with a length", "9112 §2.3", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"],
  ["HTTP/2.0", "9112 §2.3", "HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"],
  ["HTTP/1.2", "9112 §2.3", "HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello"],
  ["a status of two digits", "9112 §4", "HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello"],
  ["a status of four digits", "9112 §4", "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello"],
  ["status 099", "9112 §4", "HTTP/1.1 099 OK\r\nContent-Length: 5\r\n\r\nhello"],
  ["status 600", "9110 §15", "HTTP/1.1 600 OK\r\nContent-Length: 5\r\n\r\nhello"],
  ["status 999", "9110 §15", "HTTP/1.1 999 OK\r\nContent-Length: 5\r\n\r\nhello"],
  ["no reason and no space", "9112 §4", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello"],
  ["two spaces before the status", "9112 §4", "HTTP/1.1  200 OK\r\nContent-Length: 5\r\n\r\nhello"],
  ["a status line that ends in LF", "9112 §2.2", "HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello"],
  ["a reason with a control character", "9112 §4", "HTTP/1.1 200 O\x01K\r\nContent-Length: 5\r\n\r\nhello"],
  ["a CR LF before the status line", "9112 §2.2", `\r\n${OK}Content-Length: 5\r\n\r\nhello`],
  // Fields.
  ["a folded line", "9112 §5.2", `${OK}X: a\r\n b\r\nContent-Length: 5\r\n\r\nhello`],
  ["a bare LF between fields", "9112 §2.2", `${OK}X: a\nContent-Length: 5\r\n\r\nhello`],
  ["a bare CR in a value", "9110 §5.5", `${OK}X: a\rb\r\nContent-Length: 5\r\n\r\nhello`],
  ["a NUL in a value", "9110 §5.5", `${OK}X: a\0b\r\nContent-Length: 5\r\n\r\nhello`],
  ["a space in a name", "9112 §5.1", `${OK}X Y: a\r\nContent-Length: 5\r\n\r\nhello`],
  ["a line without colon", "9112 §5", `${OK}nocolon\r\nContent-Length: 5\r\n\r\nhello`],
  ["a value above ASCII", "9110 §5.5", `${OK}X: \xff\r\nContent-Length: 5\r\n\r\nhello`],
  ["headers of 70 kB", "9110 §5.4", `${OK}X: ${"a".repeat(70_000)}\r\nContent-Length: 5\r\n\r\nhello`],
  ["headers of 90 kB", "9110 §5.4", `${OK}X: ${"a".repeat(90_000)}\r\nContent-Length: 5\r\n\r\nhello`],
  ["more than 100 fields", "9110 §5.4", `${OK}${"X: y\r\n".repeat(101)}Content-Length: 5\r\n\r\nhello`],
  [
    "Connection: close with a length",
    "9112 §9.6",
    `${OK}Connection: close\r\nContent-Length: 5\r\n\r\nhello`,
  ],
  // Interim answers.
  [
    "101 that nobody asked for",
    "9110 §15.2.2",
    `HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n${STRAY}`,
  ],
  [
    "100 that nobody asked for",
    "9110 §15.2.1",
    `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 5\r\n\r\nhello`,
  ],
  [
    "100 with a length",
    "9110 §8.6",
    `HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n${OK}Content-Length: 5\r\n\r\nhello`,
  ],
  ["101 with a length", "9110 §8.6", `HTTP/1.1 101 Switching Protocols\r\nContent-Length: 5\r\n\r\nhello`],
  [
    "103, then an answer",
    "8297 §2",
    `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}Content-Length: 5\r\n\r\nhello`,
  ],
  ["status 150", "9110 §15.2", `HTTP/1.1 150 What\r\n\r\n${OK}Content-Length: 5\r\n\r\nhello`],
  [
    "twenty interim answers",
    "9110 §15.2",
    `${"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(20)}${OK}Content-Length: 5\r\n\r\nhello`,
  ],
  ["100, then an end", "9110 §15.2.1", "HTTP/1.1 100 Continue\r\n\r\n", END],
];

export const RESPONSE_ENTRIES: readonly ResponseEntry[] = ROWS.map(([name, rfc, octets, more]) => ({
  kind: "response",
  name,
  rfc,
  octets,
  ...more,
}));
