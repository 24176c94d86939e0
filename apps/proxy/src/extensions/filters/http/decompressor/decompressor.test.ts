import assert from "node:assert/strict";
import { request } from "node:http";
import { after, describe, it } from "node:test";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { type FilterProxy, startFilterProxy } from "../../../../http-filter/testing/start-filter-proxy.ts";

const ANY = "type.googleapis.com/envoy.extensions";
const filter = (codec: string, message: string, library: object = {}): object => ({
  name: codec,
  typed_config: {
    "@type": `${ANY}.filters.http.decompressor.v3.Decompressor`,
    decompressor_library: {
      name: "test",
      typed_config: { "@type": `${ANY}.compression.${codec}.decompressor.v3.${message}`, ...library },
    },
  },
});

/** Sends the body in pieces; answers the status. */
function post(port: number, encoding: string, body: Buffer, pieceBytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "content-encoding": encoding };
    const outgoing = request(
      { port, host: "127.0.0.1", agent: false, method: "POST", headers },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      },
    );
    outgoing.on("error", reject);
    for (let at = 0; at < body.length; at += pieceBytes) outgoing.write(body.subarray(at, at + pieceBytes));
    outgoing.end();
  });
}

describe("envoy.filters.http.decompressor", () => {
  const opened: FilterProxy[] = [];
  after(() => Promise.all(opened.map((one) => one.close())));
  const start = async (...filters: object[]): Promise<FilterProxy> => {
    const proxy = await startFilterProxy({ filters });
    opened.push(proxy);
    return proxy;
  };

  it("unpacks what comes in pieces, octet by octet too, by every library", async () => {
    const proxy = await start(filter("gzip", "Gzip"), filter("brotli", "Brotli"), filter("zstd", "Zstd"));
    const text = Array.from({ length: 500 }, (_, i) => `line ${i * 7919}\n`).join("");
    for (const [encoding, packed] of [
      ["gzip", gzipSync(text)],
      ["br", brotliCompressSync(text)],
      ["zstd", zstdCompressSync(text)],
    ] as const) {
      for (const pieceBytes of [1, 1000, packed.length]) {
        assert.equal(await post(proxy.port, encoding, packed, pieceBytes), 200);
        const seen = proxy.seen.at(-1);
        assert.equal(seen?.body, text, `${encoding} by ${pieceBytes}`);
        assert.equal(seen.headers["content-encoding"], undefined);
      }
    }
  });

  it("drops the rest of what swells beyond the ratio, and of what is broken", async () => {
    const proxy = await start(filter("gzip", "Gzip", { max_inflate_ratio: 10 }));
    const bomb = gzipSync(Buffer.alloc(10_000_000, "a"));
    assert.equal(await post(proxy.port, "gzip", bomb, bomb.length), 200);
    const passed = proxy.seen[0]?.body.length ?? 0;
    assert.ok(passed >= bomb.length * 10 && passed <= bomb.length * 10 + 4096, `${passed} octets passed`);
    assert.equal(await post(proxy.port, "gzip", Buffer.from("no gzip at all"), 5), 200);
    assert.equal(proxy.seen[1]?.body, "");
    assert.ok(proxy.stat("http.test.decompressor.test.gzip.decompressor_library.zlib_data_error") >= 2);
  });
});
