import assert from "node:assert/strict";
import { test } from "node:test";
import { LATENCY_BUCKETS_MS } from "@sluice/telemetry";
import { checkYaml } from "@sluice/xds";
import { parse } from "yaml";
import { renderBootstrap } from "./render-bootstrap.ts";

const options = {
  product: "envoy",
  nodeId: 'edge "1": #x',
  nodeCluster: "edge",
  controlHost: "127.0.0.1",
  controlPort: 18000,
  adminPort: 9901,
  labels: { zone: "a: b", tier: "1" },
} as const;

test("the bootstrap passes the API's own rules, whatever the names and hosts", () => {
  for (const controlHost of ["127.0.0.1", "::1", "control.example"]) {
    for (const product of ["envoy", "sluice"] as const) {
      for (const joined of [{}, { joinDirectory: '/etc/sl "uice/' }]) {
        const yaml = renderBootstrap({ ...options, controlHost, product, ...joined });
        const { problems } = checkYaml(yaml, "envoy.config.bootstrap.v3.Bootstrap");
        assert.deepEqual(problems, []);
        assert.equal(yaml.includes("transport_socket:"), "joinDirectory" in joined);
      }
    }
  }
});

test("names and labels come through as they are, labels in order", () => {
  const { node } = parse(renderBootstrap(options)) as { node: Record<string, unknown> };
  assert.equal(node.id, options.nodeId);
  assert.deepEqual(node.metadata, { sluice: { counters: "deltas", labels: { tier: "1", zone: "a: b" } } });
});

test("a stock Envoy is told the bounds that telemetry stores latencies by", () => {
  const parsed = parse(renderBootstrap(options)) as {
    stats_config: { histogram_bucket_settings: [{ buckets: number[] }] };
  };
  assert.deepEqual(parsed.stats_config.histogram_bucket_settings[0].buckets, LATENCY_BUCKETS_MS);
});
