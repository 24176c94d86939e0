import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type FilterProxy, filterProxies } from "../../../../http-filter/testing/start-filter-proxy.ts";

const TYPE = "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault";

describe("envoy.filters.http.fault", () => {
  const startProxy = filterProxies();
  const start = (fields: object): Promise<FilterProxy> =>
    startProxy({
      filters: [{ name: "fault", typed_config: { "@type": TYPE, ...fields } }],
      answer: (_message, response) => response.end("x".repeat(1000)),
    });

  it("follows the runtime's share and status", async () => {
    const proxy = await start({ abort: { http_status: 500, percentage: { numerator: 0 } } });
    assert.equal((await proxy.send({})).status, 200);
    proxy.runtime.replace({ "fault.http.abort.abort_percent": 100, "fault.http.abort.http_status": 451 });
    const aborted = await proxy.send({});
    assert.equal(aborted.status, 451);
    assert.equal(aborted.body, "fault filter abort");
    assert.equal(proxy.stat("http.test.fault.aborts_injected"), 1);
  });

  it("injects no more faults at a time than it may, and forgets those whose client has gone", async () => {
    const proxy = await start({
      delay: { fixed_delay: "0.2s", percentage: { numerator: 100 } },
      max_active_faults: 1,
    });
    const [slow, quick] = await Promise.all([proxy.send({ path: "/1" }), proxy.send({ path: "/2" })]);
    assert.deepEqual([slow.status, quick.status], [200, 200]);
    assert.equal(proxy.stat("http.test.fault.faults_overflow"), 1);
    assert.equal(proxy.stat("http.test.fault.delays_injected"), 1);
    assert.equal(proxy.stat("http.test.fault.active_faults"), 0);
  });

  it("slows responses down to the rate that is configured or asked for", async () => {
    const all = { numerator: 100 };
    const fixed = await start({ response_rate_limit: { fixed_limit: { limit_kbps: 4 }, percentage: all } });
    const asked = await start({ response_rate_limit: { header_limit: {}, percentage: all } });
    const took = async (proxy: FilterProxy, headers: Record<string, string>): Promise<number> => {
      const startedMs = performance.now();
      const answer = await proxy.send({ path: "/", headers });
      assert.equal(answer.body.length, 1000);
      return performance.now() - startedMs;
    };
    const rate = "x-envoy-fault-throughput-response";
    // Five slices of 204 bytes, 50 ms between each two.
    assert.ok((await took(fixed, {})) >= 190);
    assert.ok((await took(asked, { [rate]: "4" })) >= 190);
    await took(asked, {});
    await took(asked, { [rate]: "4", [`${rate}-percentage`]: "0" });
    assert.equal(fixed.stat("http.test.fault.response_rl_injected"), 1);
    assert.equal(asked.stat("http.test.fault.response_rl_injected"), 1);
    assert.equal(asked.stat("http.test.fault.active_faults"), 0);
  });

  it("aborts with a body of its own", async () => {
    const proxy = await start({
      abort: {
        http_status: 503,
        percentage: { numerator: 1, denominator: "HUNDRED" },
        response_body: "planned",
      },
    });
    proxy.runtime.replace({ "fault.http.abort.abort_percent": 100 });
    assert.equal((await proxy.send({})).body, "planned");
  });
});
