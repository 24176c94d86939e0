import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PROXY_HEADER_BYTES_MAX, readProxyHeader } from "./proxy-header.ts";

const V2 = "\r\n\r\n\0\r\nQUIT\n";

describe("a PROXY header", () => {
  it("is read from any chunking, and what is behind it is left alone", () => {
    const header = Buffer.from(
      `${V2}\x21\x11\x00\x10\x01\x02\x03\x04\x05\x06\x07\x08\x00\x6f\x00\xde\x02\x00\x01x`,
      "latin1",
    );
    for (let cut = 0; cut < header.length; cut++)
      assert.equal(readProxyHeader(header.subarray(0, cut)).state, "more", String(cut));
    const result = readProxyHeader(Buffer.concat([header, Buffer.from("rest")]));
    assert.ok(result.state === "found");
    assert.deepEqual(result.header, {
      version: 2,
      bytes: header.length,
      source: "1.2.3.4:111",
      destination: "5.6.7.8:222",
      tlvs: [{ type: 2, value: Buffer.from("x") }],
    });
  });

  it("prints IPv6 addresses in their short form", () => {
    const addresses = Buffer.alloc(36);
    addresses.writeUInt16BE(0x2001, 0);
    addresses.writeUInt16BE(1, 14);
    addresses.writeUInt16BE(0x2001, 16);
    addresses.writeUInt16BE(5, 22);
    addresses.writeUInt16BE(6, 30);
    const result = readProxyHeader(
      Buffer.concat([Buffer.from(`${V2}\x21\x21\x00\x24`, "latin1"), addresses]),
    );
    assert.ok(result.state === "found");
    assert.equal(result.header.source, "[2001::1]:0");
    assert.equal(result.header.destination, "[2001:0:0:5::6]:0");
  });

  it("of any bytes has an answer, which more bytes do not change, and is bounded", () => {
    const prefix = fc.constantFrom("", "PROXY ", "PROXY TCP4 1.1.1.1 ", `${V2}\x21\x11\x00\x0c`, `${V2}\x21`);
    fc.assert(
      fc.property(prefix, fc.uint8Array({ maxLength: 300 }), fc.nat(300), (start, rest, cut) => {
        const bytes = Buffer.concat([Buffer.from(start, "latin1"), rest]);
        const early = readProxyHeader(bytes.subarray(0, cut));
        if (early.state !== "more") assert.deepEqual(readProxyHeader(bytes), early);
      }),
      { numRuns: 2000 },
    );
    for (const start of ["PROXY TCP4 ", `${V2}\x21\x11\xff\xff\x01\x02\x03\x04\x05\x06\x07\x08`]) {
      const long = Buffer.alloc(PROXY_HEADER_BYTES_MAX, 0x41);
      long.write(start, "latin1");
      assert.notEqual(readProxyHeader(long).state, "more");
    }
  });
});
