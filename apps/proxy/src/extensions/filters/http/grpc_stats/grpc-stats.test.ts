import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type FilterProxy, filterProxies } from "../../../../http-filter/testing/start-filter-proxy.ts";
import { GrpcFrameCounter } from "./frame-counter.ts";

describe("the messages of a gRPC body", () => {
  it("are counted however the body is cut", () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 8 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 64 }), (messages, step) => {
        const frames = messages.map((length) => {
          const frame = Buffer.alloc(5 + length, 0xff);
          frame[0] = 0;
          frame.writeUInt32BE(length, 1);
          return frame;
        });
        const body = Buffer.concat(frames);
        const counter = new GrpcFrameCounter();
        for (let at = 0; at < body.length; at += step) counter.add(body.subarray(at, at + step));
        assert.equal(counter.count, messages.length);
      }),
    );
  });
});

describe("envoy.filters.http.grpc_stats", () => {
  const startProxy = filterProxies();
  const start = (config: object): Promise<FilterProxy> =>
    startProxy({
      filters: [
        {
          name: "grpc",
          typed_config: {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig",
            ...config,
          },
        },
      ],
      answer: (_request, response) =>
        response.writeHead(200, { "grpc-status": "0", "content-length": "0" }).end(),
    });
  const call = (proxy: FilterProxy, path: string, type = "application/grpc") =>
    proxy.send({ method: "POST", path, headers: { "content-type": type } });

  it("counts per cluster, and per method only where it is listed", async () => {
    const proxy = await start({
      individual_method_stats_allowlist: { services: [{ name: "a.Shop", method_names: ["Buy"] }] },
    });
    for (const path of ["/a.Shop/Buy", "/a.Shop/Sell"]) await call(proxy, path);
    assert.equal(proxy.stat("cluster.up.grpc.a.Shop.Buy.success"), 1);
    assert.equal(proxy.stat("cluster.up.grpc.success"), 1);
    assert.equal(proxy.stat("cluster.up.grpc.total"), 1);
  });

  it("records how long the upstream took where that is asked for, of gRPC requests alone", async () => {
    const timed = await start({ stats_for_all_methods: true, enable_upstream_stats: true });
    await call(timed, "/a.Shop/Buy");
    await call(timed, "/a.Shop/Buy");
    await call(timed, "/a.Shop/Sell", "text/plain");
    assert.equal(timed.samples("cluster.up.grpc.a.Shop.Buy.upstream_rq_time"), 2);
    assert.equal(timed.samples("cluster.up.grpc.a.Shop.Sell.upstream_rq_time"), 0);
    const untimed = await start({ stats_for_all_methods: true });
    await call(untimed, "/a.Shop/Buy");
    assert.equal(untimed.stat("cluster.up.grpc.a.Shop.Buy.success"), 1);
    assert.equal(untimed.samples("cluster.up.grpc.a.Shop.Buy.upstream_rq_time"), 0);
  });
});
