import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { after, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import {
  type FilterProxy,
  refusalOf,
  startFilterProxy,
} from "../../../../http-filter/testing/start-filter-proxy.ts";

const ANY = "type.googleapis.com/envoy.extensions";
const GZIP = `${ANY}.compression.gzip.compressor.v3.Gzip`;
const filter = (fields: object = {}, library: object = { "@type": GZIP }): object => ({
  name: "compressor",
  typed_config: {
    "@type": `${ANY}.filters.http.compressor.v3.Compressor`,
    compressor_library: { name: "test", typed_config: library },
    ...fields,
  },
});

/** The response, not yet read. */
function open(port: number, method = "GET"): Promise<{ outgoing: ClientRequest; response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { port, host: "127.0.0.1", agent: false, method, headers: { "accept-encoding": "gzip" } },
      (response) => resolve({ outgoing, response }),
    );
    outgoing.on("error", reject);
    outgoing.end();
  });
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 5000; !holds(); await delay(10)) {
    assert.ok(Date.now() < deadline, `not in time: ${what}`);
  }
}

describe("envoy.filters.http.compressor", () => {
  const opened: FilterProxy[] = [];
  after(() => Promise.all(opened.map((one) => one.close())));
  const start = async (options: Parameters<typeof startFilterProxy>[0]): Promise<FilterProxy> => {
    const proxy = await startFilterProxy(options);
    opened.push(proxy);
    return proxy;
  };

  it("passes a large body on in order, while the source waits for a client that reads slowly", async () => {
    const body = randomBytes(24 * 1024 * 1024);
    let sent = 0;
    const proxy = await start({
      filters: [filter()],
      bufferLimitBytes: 64 * 1024,
      answer: (_message, response) => {
        const next = (): void => {
          while (sent < body.length) {
            const piece = body.subarray(sent, sent + 64 * 1024);
            sent += piece.length;
            if (!response.write(piece)) {
              response.once("drain", next);
              return;
            }
          }
          response.end();
        };
        next();
      },
    });
    const { response } = await open(proxy.port);
    assert.equal(response.headers["content-encoding"], "gzip");
    // Until all that sockets and buffers hold is full: then nothing moves any more.
    let before = -1;
    for (; before !== sent; await delay(200)) before = sent;
    assert.ok(sent < body.length, "the source was never held back");
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part as Buffer);
    assert.ok(gunzipSync(Buffer.concat(parts)).equals(body));
    assert.equal(proxy.stat("http.test.compressor.test.gzip.total_uncompressed_bytes"), body.length);
  });

  it("shows each chunk of a stream at once", async () => {
    let finish: (() => void) | undefined;
    const proxy = await start({
      filters: [filter()],
      answer: (_message, response) => {
        response.write("first".repeat(10));
        finish = () => response.end("last");
      },
    });
    const { response } = await open(proxy.port);
    const parts: Buffer[] = [];
    response.on("data", (part: Buffer) => parts.push(part));
    const ended = new Promise<void>((resolve) => response.on("end", resolve));
    await until("the first chunk", () => parts.length > 0);
    finish?.();
    await ended;
    assert.equal(gunzipSync(Buffer.concat(parts)).toString(), `${"first".repeat(10)}last`);
  });

  it("lets go of a client that leaves midway, and of the upstream behind it", async () => {
    let left = false;
    const proxy = await start({
      filters: [filter()],
      answer: (_message, response) => {
        const timer = setInterval(() => response.write(randomBytes(32 * 1024)), 1);
        response.on("close", () => {
          clearInterval(timer);
          left = true;
        });
      },
    });
    const { outgoing, response } = await open(proxy.port);
    await new Promise((resolve) => response.once("data", resolve));
    outgoing.destroy();
    await until("the upstream's end", () => left);
    await until("the request's end", () => proxy.stat("http.test.downstream_rq_active") === 0);
  });

  it("compresses requests in chunks and whole", async () => {
    const proxy = await start({
      filters: [filter({ request_direction_config: {} })],
      answer: (_message, response) => response.end("ok"),
    });
    for (const body of ["short but long enough to be worth it", "long ".repeat(100_000)]) {
      const answer = await proxy.send({ body, headers: { "content-length": String(body.length) } });
      assert.equal(answer.status, 200);
    }
    assert.equal(proxy.seen[1]?.headers["content-encoding"], "gzip");
    assert.equal(proxy.stat("http.test.compressor.test.gzip.request.compressed"), 2);
    assert.equal(proxy.stat("http.test.compressor.test.gzip.request.total_uncompressed_bytes"), 500_036);
  });

  it("names what it cannot do", async () => {
    const zstd = {
      "@type": `${ANY}.compression.zstd.compressor.v3.Zstd`,
      dictionary: { inline_string: "x" },
    };
    assert.match(
      await refusalOf({ filters: [filter({}, zstd)] }),
      /compressor_library\.typed_config\.dictionary: this is no zstd dictionary/,
    );
    const unknown = { "@type": `${ANY}.filters.http.router.v3.Router` };
    assert.match(
      await refusalOf({ filters: [filter({}, unknown)] }),
      /compressor_library: .*is not implemented/,
    );
  });
});
