import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readStrictly } from "./strict-http1.ts";

const GET = "GET / HTTP/1.1\r\nhost: a\r\n";

describe("the strict reader", () => {
  it("reads pipelined requests of every framing and keeps what is not whole", () => {
    const { messages, rest, problem } = readStrictly(
      `${GET}\r\n${GET}content-length: 2\r\n\r\nab${GET}transfer-encoding: chunked\r\n\r\n1\r\nc\r\n0\r\nt: 1\r\n\r\nGET / H`,
      { kind: "request" },
    );
    assert.deepEqual(
      messages.map(({ framing, body }) => [framing, body]),
      [
        ["none", ""],
        ["length", "ab"],
        ["chunked", "c"],
      ],
    );
    assert.deepEqual([rest, problem], ["GET / H", undefined]);
  });

  for (const [what, octets] of Object.entries({
    "a bare LF": "GET / HTTP/1.1\nhost: a\r\n\r\n",
    "two Hosts": `${GET}host: a\r\n\r\n`,
    "two lengths": `${GET}content-length: 1\r\ncontent-length: 1\r\n\r\na`,
    "length and chunked": `${GET}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\na`,
    "an odd coding": `${GET}transfer-encoding: gzip\r\n\r\n`,
    "a chunk extension": `${GET}transfer-encoding: chunked\r\n\r\n1;a\r\nc\r\n0\r\n\r\n`,
    "a folded line": `${GET}a: b\r\n c\r\n\r\n`,
    "a space before a colon": `${GET}a : b\r\n\r\n`,
    "a length as trailer": `${GET}transfer-encoding: chunked\r\n\r\n0\r\ncontent-length: 1\r\n\r\n`,
  })) {
    it(`sees a problem in ${what}`, () => {
      assert.notEqual(readStrictly(octets, { kind: "request" }).problem, undefined);
    });
  }

  it("lets an answer without length last until the end", () => {
    const octets = "HTTP/1.1 200 OK\r\n\r\nabc";
    assert.equal(readStrictly(octets, { kind: "response" }).messages.length, 0);
    assert.equal(readStrictly(octets, { kind: "response", ended: true }).messages[0]?.body, "abc");
  });
});
