import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type FilterProxy,
  type FilterProxyOptions,
  filterProxies,
  refusalOf,
} from "../../../../http-filter/testing/start-filter-proxy.ts";

const PACKAGE = "type.googleapis.com/envoy.extensions.filters.http.buffer.v3";
const FILTER = { name: "buffer", typed_config: { "@type": `${PACKAGE}.Buffer`, max_request_bytes: 10 } };

function perRoute(fields: object): object {
  return { typed_per_filter_config: { buffer: { "@type": `${PACKAGE}.BufferPerRoute`, ...fields } } };
}
const CHUNKED = { "transfer-encoding": "chunked" };

describe("envoy.filters.http.buffer", () => {
  const startProxy = filterProxies();
  const start = (options: Partial<FilterProxyOptions>): Promise<FilterProxy> =>
    startProxy({ filters: [FILTER], ...options });

  it("passes a chunked body on whole, with its length", async () => {
    const proxy = await start({});
    assert.equal((await proxy.send({ body: "0123456789", headers: CHUNKED })).body, "ok");
    const seen = proxy.seen[0];
    assert.equal(seen?.body, "0123456789");
    assert.equal(seen?.headers["content-length"], "10");
    assert.equal(seen?.headers["transfer-encoding"], undefined);
  });

  it("passes requests without a body and with a known length", async () => {
    const proxy = await start({});
    assert.equal((await proxy.send({})).body, "ok");
    assert.equal((await proxy.send({ body: "abc", headers: { "content-length": "3" } })).body, "ok");
    assert.equal(proxy.seen[1]?.body, "abc");
  });

  it("answers 413 to a longer body, of which the upstream sees nothing", async () => {
    const proxy = await start({});
    for (const headers of [CHUNKED, { "content-length": "11" }]) {
      const answer = await proxy.send({ body: "01234567890", headers });
      assert.equal(answer.status, 413);
      assert.equal(answer.body, "Payload Too Large");
    }
    assert.equal(proxy.seen.length, 0);
  });

  it("goes beyond the listener's limit", async () => {
    const proxy = await start({ bufferLimitBytes: 4 });
    assert.equal((await proxy.send({ body: "0123456789" })).status, 200);
    assert.equal((await proxy.send({ body: "01234567890" })).status, 413);
  });

  it("takes the route's limit, or is off there", async () => {
    const wider = await start({ route: perRoute({ buffer: { max_request_bytes: 11 } }) });
    assert.equal((await wider.send({ body: "01234567890" })).status, 200);
    assert.equal((await wider.send({ body: "012345678901" })).status, 413);
    const off = await start({ route: perRoute({ disabled: true }) });
    assert.equal((await off.send({ body: "012345678901", headers: CHUNKED })).status, 200);
    assert.equal(off.seen[0]?.headers["transfer-encoding"], "chunked");
  });

  it("refuses a limit of none", async () => {
    const typed = { "@type": `${PACKAGE}.Buffer` };
    assert.match(await refusalOf({ filters: [{ name: "b", typed_config: typed }] }), /max_request_bytes: /);
  });
});
