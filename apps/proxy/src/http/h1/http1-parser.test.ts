import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Headers } from "../header-map.ts";
import { Http1Parser, type Http1ParserSink } from "./http1-parser.ts";

const LIMITS = { headBytesMax: 1024, headersMax: 10 };

/** What a parser said, with the pieces of each body joined, so that it does not depend on how the input was cut. */
function events(isRequest: boolean, chunks: readonly Buffer[], finish = false): string[] {
  const log: string[] = [];
  let body = "";
  const sink: Http1ParserSink = {
    onHead(headers: Headers) {
      const line = isRequest ? `${parser.head.method} ${parser.head.target}` : String(parser.head.status);
      log.push(`head ${line} ${JSON.stringify(headers.fields)} framing ${parser.framing}`);
    },
    onBody(chunk) {
      body += chunk.toString("latin1");
    },
    onTrailers(trailers) {
      log.push(`trailers ${JSON.stringify(trailers.fields)}`);
    },
    onMessageComplete() {
      log.push(`complete ${JSON.stringify(body)}`);
      body = "";
    },
    onParseError(error) {
      log.push(`body ${JSON.stringify(body)} error ${error.status} ${error.details}`);
    },
  };
  const parser: Http1Parser = new Http1Parser(isRequest, sink, LIMITS);
  for (const chunk of chunks) parser.execute(chunk);
  if (finish) log.push(`finish ${parser.finish()}`);
  return log;
}

const request = (text: string): string[] => events(true, [Buffer.from(text, "latin1")]);
const response = (text: string): string[] => events(false, [Buffer.from(text, "latin1")]);
const G = "GET / HTTP/1.1\r\nHost: a\r\n";
const CHUNKED = `${G}Transfer-Encoding: chunked\r\n\r\n`;
const OK = "HTTP/1.1 200 OK\r\n";

/** [what, input, the status that answers it] */
const BAD_REQUESTS: readonly (readonly [string, string, number])[] = [
  ["bare LF everywhere", "GET / HTTP/1.1\nHost: a\n\n", 400],
  ["bare LF behind a header", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400],
  ["bare LF before the request", `\n${G}\r\n`, 400],
  ["endless empty lines", "\r\n".repeat(9), 400],
  ["CR in a value", `${G}x: a\rb\r\n\r\n`, 400],
  ["CR CR LF", `${G}x: a\r\r\n\r\n`, 400],
  ["NUL in a value", `${G}x: a\0b\r\n\r\n`, 400],
  ["control character in a value", `${G}x: a\x01b\r\n\r\n`, 400],
  ["DEL in a value", `${G}x: a\x7f\r\n\r\n`, 400],
  ["NUL in a name", `${G}x\0: a\r\n\r\n`, 400],
  ["space in a name", `${G}a b: c\r\n\r\n`, 400],
  ["space before the colon", `${G}a : c\r\n\r\n`, 400],
  ["tab before the colon", `${G}a\t: c\r\n\r\n`, 400],
  ["a folded line", `${G}x: a\r\n b\r\n\r\n`, 400],
  ["a folded line with a tab", `${G}x: a\r\n\tb\r\n\r\n`, 400],
  ["a space before the first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400],
  ["no colon", `${G}nocolon\r\n\r\n`, 400],
  ["an empty name", `${G}: v\r\n\r\n`, 400],
  ["an octet above ASCII in a name", `${G}\xe9: v\r\n\r\n`, 400],
  ["two Hosts", `${G}Host: b\r\n\r\n`, 400],
  ["two equal lengths", `${G}content-length: 5\r\nContent-Length: 5\r\n\r\nhello`, 400],
  ["two different lengths", `${G}content-length: 5\r\ncontent-length: 6\r\n\r\nhello`, 400],
  ["a list of lengths", `${G}content-length: 5, 5\r\n\r\nhello`, 400],
  ["a signed length", `${G}content-length: +5\r\n\r\nhello`, 400],
  ["a negative length", `${G}content-length: -1\r\n\r\n`, 400],
  ["a hexadecimal length", `${G}content-length: 0x5\r\n\r\n`, 400],
  ["an empty length", `${G}content-length: \r\n\r\n`, 400],
  ["a length beyond 2^53", `${G}content-length: 99999999999999999999\r\n\r\n`, 400],
  ["a length with a space inside", `${G}content-length: 1 0\r\n\r\n`, 400],
  ["length and chunked", `${G}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`, 400],
  ["chunked and length", `${G}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n`, 400],
  ["gzip", `${G}transfer-encoding: gzip\r\n\r\n`, 501],
  ["gzip, chunked", `${G}transfer-encoding: gzip, chunked\r\n\r\n`, 501],
  ["chunked, identity", `${G}transfer-encoding: chunked, identity\r\n\r\n`, 501],
  ["chunked twice", `${G}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n`, 501],
  ["identity", `${G}transfer-encoding: identity\r\n\r\n`, 501],
  ["xchunked", `${G}transfer-encoding: xchunked\r\n\r\n`, 501],
  ["chunked with vertical tab", `${G}transfer-encoding: \x0bchunked\r\n\r\n`, 400],
  ["two spaces before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["two spaces behind the target", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a space behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400],
  ["a tab for a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400],
  ["HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 426],
  ["HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 426],
  ["HTTP/1.0 where it is not accepted", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", 426],
  ["HTTP/0.9", "GET /\r\nHost: a\r\n\r\n", 426],
  ["HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400],
  ["HTTP/1", "GET / HTTP/1\r\nHost: a\r\n\r\n", 400],
  ["an unknown method", "FOO / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a lower-case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a method that is no token", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ["a control character in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["an octet above ASCII in the target", "GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a chunk size without digits", `${CHUNKED}zz\r\n\r\n`, 400],
  ["a negative chunk size", `${CHUNKED}-5\r\n\r\n`, 400],
  ["a chunk size with 0x", `${CHUNKED}0x5\r\nhello\r\n`, 400],
  ["a chunk size that overflows", `${CHUNKED}fffffffffffffffff\r\n`, 400],
  ["a chunk size line with a bare LF", `${CHUNKED}5\nhello\r\n0\r\n\r\n`, 400],
  ["a chunk longer than it said", `${CHUNKED}5\r\nhelloXX0\r\n\r\n`, 400],
  ["a chunk that ends in LF", `${CHUNKED}5\r\nhello\n0\r\n\r\n`, 400],
  ["a bare LF in a chunk extension", `${CHUNKED}5;a\nb\r\nhello\r\n`, 400],
  ["an endless chunk extension", `${CHUNKED}5;${"a".repeat(5000)}`, 400],
  ["a malformed trailer", `${CHUNKED}0\r\nx y\r\n\r\n`, 400],
  ["a bare LF in trailers", `${CHUNKED}0\r\nx: y\n\r\n`, 400],
  ["headers over the limit of bytes", `${G}x: ${"a".repeat(1100)}\r\n\r\n`, 431],
  ["a request line over the limit", `GET /${"a".repeat(1100)}`, 431],
  ["too many headers", `${G}${"h: v\r\n".repeat(11)}\r\n`, 431],
];

const BAD_RESPONSES: readonly (readonly [string, string])[] = [
  ["no status line", "garbage\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n"],
  ["HTTP/3.0", "HTTP/3.0 200 OK\r\n\r\n"],
  ["a header without colon", `${OK}bad header\r\n\r\n`],
  ["two lengths", `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\n`],
  ["length and chunked", `${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n`],
  ["204 with a length", "HTTP/1.1 204 X\r\ncontent-length: 5\r\n\r\n"],
  ["204 with chunks", "HTTP/1.1 204 X\r\ntransfer-encoding: chunked\r\n\r\n"],
  ["100 with a length", "HTTP/1.1 100 X\r\ncontent-length: 5\r\n\r\n"],
  ["another coding", `${OK}transfer-encoding: gzip\r\n\r\n`],
  ["bare LF", "HTTP/1.1 200 OK\ncontent-length: 0\n\n"],
];

describe("HTTP/1.1 parser", () => {
  for (const [what, text, status] of BAD_REQUESTS) {
    it(`refuses a request with ${what} by ${status}`, () => {
      const log = request(text);
      assert.match(log.at(-1) ?? "", new RegExp(`error ${status} `), log.join("\n"));
    });
  }
  for (const [what, text] of BAD_RESPONSES) {
    it(`refuses a response with ${what}`, () => {
      assert.match(response(text).at(-1) ?? "", /error /);
    });
  }

  it("reads pipelined requests of every framing", () => {
    const log = request(
      `${G}\r\nPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcPOST /c HTTP/1.1\r\nHost: a\r\n` +
        "Transfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n\r\nGET /d HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    assert.deepEqual(
      log.filter((line) => !line.startsWith("head")),
      ['complete ""', 'complete "abc"', 'trailers ["t","v"]', 'complete "abcde"', 'complete ""'],
    );
  });

  it("gives names in lower case and values without outer space, Host as :authority", () => {
    const [head] = request("GET /p?q HTTP/1.1\r\nHoSt: a:1\r\nX-Own-Name: \t v w \t\r\nACCEPT:*/*\r\n\r\n");
    assert.equal(
      head,
      'head GET /p?q [":method","GET",":path","/p?q",":authority","a:1",":scheme","","x-own-name","v w","accept","*/*"] framing 0',
    );
  });

  it("takes exactly as many headers as the limit says", () => {
    assert.doesNotMatch(request(`${G}${"h: v\r\n".repeat(9)}\r\n`).join(), /error/);
  });

  it("ends a response without length at the close, and no other", () => {
    assert.deepEqual(events(false, [Buffer.from(`${OK}\r\nabc`)], true).slice(1), [
      'complete "abc"',
      "finish true",
    ]);
    assert.deepEqual(events(false, [Buffer.from(`${OK}content-length: 5\r\n\r\nabc`)], true).slice(1), [
      "finish false",
    ]);
  });

  it("reads no body behind 204, 304 and 1xx", () => {
    for (const status of [100, 204, 304]) {
      assert.deepEqual(
        response(`HTTP/1.1 ${status} X\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nz`).slice(1, 2),
        ['complete ""'],
      );
    }
  });

  it("drops trailers that would frame or route a message", () => {
    assert.deepEqual(
      request(
        `${CHUNKED}1\r\na\r\n0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: b\r\nx: 1\r\n\r\n`,
      ).slice(1),
      ['trailers ["x","1"]', 'complete "a"'],
    );
  });

  it("says the same however the input is cut", () => {
    const good = [
      `${G}\r\n${CHUNKED}3\r\nabc\r\n0\r\nt: 1\r\n\r\nPOST / HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\n\r\nwxyz${G}\r\n`,
      `\r\n\r\n${CHUNKED}a\r\n0123456789\r\n0\r\n\r\n${G}\r\n`,
    ];
    const inputs = [...good, ...BAD_REQUESTS.map(([, text]) => text)];
    fc.assert(
      fc.property(fc.constantFrom(...inputs), fc.array(fc.nat(2000), { maxLength: 12 }), (text, cuts) => {
        const whole = Buffer.from(text, "latin1");
        const at = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
        const chunks: Buffer[] = [];
        let from = 0;
        for (const cut of [...at, whole.length]) {
          chunks.push(whole.subarray(from, cut));
          from = cut;
        }
        assert.deepEqual(events(true, chunks), events(true, [whole]));
      }),
      { numRuns: 600 },
    );
  });

  it("says the same octet by octet", () => {
    for (const [, text] of BAD_REQUESTS) {
      const octets = [...Buffer.from(text, "latin1")].map((octet) => Buffer.from([octet]));
      assert.deepEqual(events(true, octets), request(text));
    }
  });
});
