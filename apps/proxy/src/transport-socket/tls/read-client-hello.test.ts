import assert from "node:assert/strict";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { connect as connectTls } from "node:tls";
import fc from "fast-check";
import { readClientHello } from "./read-client-hello.ts";

/** What Node's own client sends first. */
async function realHello(options: { servername?: string; ALPNProtocols?: string[] }): Promise<Buffer> {
  const bytes = await new Promise<Buffer>((resolve) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (chunk: Buffer) => {
        resolve(chunk);
        socket.destroy();
        server.close();
      });
    });
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      connectTls({ port, host: "127.0.0.1", ...options }).on("error", () => {});
    });
  });
  return bytes;
}

const MAX = 16384;

describe("a ClientHello", () => {
  it("of a real client is read, over any cut into records and chunks", async () => {
    const bytes = await realHello({ servername: "A.Example", ALPNProtocols: ["h2", "http/1.1"] });
    const message = bytes.subarray(5);
    for (const size of [1, 3, 100, message.length]) {
      const records: Buffer[] = [];
      for (let at = 0; at < message.length; at += size) {
        const part = message.subarray(at, at + size);
        records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
      }
      const whole = Buffer.concat(records);
      for (const cut of [0, 1, 5, 6, 9, whole.length >> 1, whole.length - 1])
        assert.equal(readClientHello(whole.subarray(0, cut), MAX).state, "more", `${size} ${cut}`);
      const result = readClientHello(Buffer.concat([whole, Buffer.from("rest")]), MAX);
      assert.ok(result.state === "found");
      assert.equal(result.bytes, whole.length);
      assert.equal(result.hello.serverName, "A.Example");
      assert.deepEqual(result.hello.applicationProtocols, ["h2", "http/1.1"]);
      assert.ok(result.hello.supportedVersions.includes(0x0304));
    }
  });

  it("that is too large is told as soon as its length is there", () => {
    assert.equal(readClientHello(Buffer.from([22, 3, 1, 0, 4, 1, 0, 64, 0]), MAX).state, "tooLarge");
  });

  it("is told from what is no TLS", () => {
    for (const text of [
      "GET / HTTP/1.1",
      "\x16\x02\x01\x00\x05",
      "\x15\x03\x01\x00\x02",
      "\x16\x03\x01\x00\x01\x02",
    ])
      assert.equal(readClientHello(Buffer.from(text, "latin1"), MAX).state, "notTls", JSON.stringify(text));
  });

  it("of any bytes in any chunking has an answer that later bytes do not change", () => {
    const prefix = fc.constantFrom("", "\x16\x03\x01", "\x16\x03\x01\x00\x2a\x01\x00\x00\x26\x03\x03");
    fc.assert(
      fc.property(prefix, fc.uint8Array({ maxLength: 300 }), fc.nat(300), (start, rest, cut) => {
        const bytes = Buffer.concat([Buffer.from(start, "latin1"), rest]);
        const early = readClientHello(bytes.subarray(0, cut), 200);
        const late = readClientHello(bytes, 200);
        if (early.state !== "more") assert.deepEqual(late, early);
      }),
      { numRuns: 2000 },
    );
  });

  it("with one bit or byte changed never throws", async () => {
    const bytes = await realHello({ servername: "a.example", ALPNProtocols: ["h2"] });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        readClientHello(changed, MAX);
      }),
      { numRuns: 2000 },
    );
  });
});
