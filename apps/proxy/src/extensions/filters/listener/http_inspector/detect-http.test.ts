import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { detectHttp } from "./detect-http.ts";

describe("the first bytes of a connection", () => {
  for (const [bytes, expected] of [
    ["GET / HTTP/1.1\r\nhost: a\r\n", "http/1.1"],
    ["OPTIONS * HTTP/1.0\n", "http/1.0"],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0", "h2c"],
    ["PRI * HT", "more"],
    ["GET / HT", "more"],
    ["GET", "more"],
    ["GET / HTTP/2.0\r\n", "none"],
    ["SSH-2.0-OpenSSH\r\n", "none"],
    ["\x16\x03\x01", "none"],
  ] as const) {
    it(`${JSON.stringify(bytes)}: ${expected}`, () => {
      assert.equal(detectHttp(Buffer.from(bytes, "latin1")), expected);
    });
  }

  it("of any kind have an answer that more of them do not change", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("", "GET ", "PRI * HTTP/2"),
        fc.uint8Array(),
        fc.nat(30),
        (start, rest, cut) => {
          const bytes = Buffer.concat([Buffer.from(start), rest]);
          const early = detectHttp(bytes.subarray(0, cut));
          if (early !== "more") assert.equal(detectHttp(bytes), early);
        },
      ),
    );
  });
});
