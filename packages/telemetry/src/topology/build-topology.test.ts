import assert from "node:assert/strict";
import { test } from "node:test";
import type { ScopeKind, ScopeWindow, TopologyConfiguration } from "../contract.ts";
import { emptyMeasures, type MutableMeasures } from "../measures/measures.ts";
import { buildTopology } from "./build-topology.ts";

const listener = (name: string) => ({
  name,
  address: "0.0.0.0:1",
  statName: name,
  httpPrefixes: [],
  routeConfigurations: ["main"],
  clusters: [],
});
const configuration: TopologyConfiguration = {
  listeners: [
    listener("a"),
    listener("b"),
    { ...listener("tcp"), routeConfigurations: [], clusters: ["db"] },
  ],
  virtualHosts: [
    {
      routeConfiguration: "main",
      name: "shop",
      domains: ["*"],
      routes: [
        {
          statPrefix: "split",
          label: "/*",
          clusters: [
            { name: "v1", share: 0.75 },
            { name: "v2", share: 0.25 },
          ],
        },
        { statPrefix: "lost", label: "/lost*", clusters: [{ name: "missing", share: 1 }] },
      ],
    },
  ],
  clusters: [
    { name: "v1", statName: "v1", endpoints: ["10.0.0.1:80", "10.0.0.2:80"] },
    { name: "v2", statName: "v2", endpoints: [] },
    { name: "db", statName: "db", endpoints: [] },
  ],
};

function window(kind: ScopeKind, name: string, values: Partial<MutableMeasures>): ScopeWindow {
  return {
    scope: { kind, name },
    node: undefined,
    from: new Date(0),
    seconds: 10,
    measures: { ...emptyMeasures(), ...values },
  };
}
const range = { from: new Date(0), to: new Date(10_000) };

test("everything configured has a box, idle or not, and rates are per second", () => {
  const { boxes, edges } = buildTopology(
    configuration,
    [
      window("listener", "a", { requests: 300 }),
      window("listener", "b", { requests: 100 }),
      window("host", "shop", { requests: 400 }),
      window("route", "shop/split", { requests: 400 }),
    ],
    range,
  );
  assert.deepEqual(boxes.map(({ id }) => id).sort(), [
    "cluster:db",
    "cluster:v1",
    "cluster:v2",
    "downstream:clients",
    "endpoint:v1/10.0.0.1:80",
    "endpoint:v1/10.0.0.2:80",
    "host:shop",
    "listener:a",
    "listener:b",
    "listener:tcp",
    "route:shop/lost",
    "route:shop/split",
  ]);
  const rate = (id: string) => edges.find((edge) => edge.id === id)?.summary.requestsPerSecond;
  assert.equal(rate("downstream:clients->listener:a"), 30);
  assert.equal(rate("listener:a->host:shop"), 30);
  assert.equal(rate("listener:b->host:shop"), 10);
  assert.equal(rate("route:shop/split->cluster:v1"), 30);
  assert.equal(rate("route:shop/split->cluster:v2"), 10);
  assert.equal(edges.find(({ id }) => id === "host:shop->route:shop/lost")?.active, false);
  assert.ok(edges.some(({ id }) => id === "listener:tcp->cluster:db"));
  assert.ok(!edges.some(({ to }) => to === "cluster:missing"));
});

test("health comes from members, then from traffic, and says why", () => {
  const health = (...windows: ScopeWindow[]) => {
    const { boxes } = buildTopology(configuration, windows, range);
    const of = (id: string) => {
      const box = boxes.find((candidate) => candidate.id === id);
      return [box?.health, box?.healthReason];
    };
    return { v1: of("cluster:v1"), one: of("endpoint:v1/10.0.0.1:80"), host: of("host:shop") };
  };
  assert.deepEqual(health().v1, ["unknown", "no node reports it"]);
  const degraded = health(window("cluster", "v1", { membersTotal: 2, membersHealthy: 1 }));
  assert.deepEqual(degraded.v1, ["degraded", "1 of 2 members healthy"]);
  assert.equal(degraded.one[0], "unknown");
  const healthy = health(window("cluster", "v1", { membersTotal: 2, membersHealthy: 2 }));
  assert.equal(healthy.one[0], "healthy");
  const down = health(window("cluster", "v1", { membersTotal: 2, membersHealthy: 0 }));
  assert.equal(down.v1[0], "unhealthy");
  const failing = health(
    window("cluster", "v1", { membersTotal: 2, membersHealthy: 2, requests: 10, responses5xx: 6 }),
    window("host", "shop", { requests: 100, responses5xx: 2 }),
  );
  assert.deepEqual(failing.v1, ["unhealthy", "60% of requests failed"]);
  assert.deepEqual(failing.host, ["degraded", "2.0% of requests failed"]);
  const out = health(window("endpoint", "v1/10.0.0.1:80", { membersTotal: 1, membersHealthy: 0 }));
  assert.deepEqual(out.one, ["unhealthy", "the node takes it out of balancing"]);
});

test("endpoints that DNS gave are shown once they have traffic", () => {
  const { boxes } = buildTopology(
    configuration,
    [window("endpoint", "v2/192.0.2.1:443", { requests: 1 })],
    range,
  );
  assert.equal(boxes.find(({ id }) => id === "endpoint:v2/192.0.2.1:443")?.parent, "cluster:v2");
});
