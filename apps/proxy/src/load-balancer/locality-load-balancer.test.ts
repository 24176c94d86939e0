import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "@bufbuild/protobuf";
import { buildHostSets, DEFAULT_ASSIGNMENT_POLICY, type HostSet } from "./host-set.ts";
import { computePriorityState } from "./priority-load.ts";
import { type TestHost, testContext, testHost } from "./testing/test-host.ts";
import { createTestPolicy, policyJson } from "./testing/test-policy.ts";

const WEIGHTED = { localityLbConfig: { localityWeightedLbConfig: {} } };
const roundRobin = (config: Record<string, JsonValue>) => ({
  loadBalancingPolicy: policyJson("round_robin", config),
});

const inZone = (zone: string, count: number, more: Partial<TestHost> = {}): TestHost[] =>
  Array.from({ length: count }, (_, i) => testHost(`${zone}${i}`, { locality: zone, ...more }));

const zoneCounts = (tally: Map<string, number>): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const [address, count] of tally) counts[address[0] ?? ""] = (counts[address[0] ?? ""] ?? 0) + count;
  return counts;
};

const sets = (hosts: readonly TestHost[], policy = {}): readonly HostSet[] =>
  buildHostSets(hosts, { ...DEFAULT_ASSIGNMENT_POLICY, ...policy }, "none");

const level = (priority: number, healthy: number, degraded: number, unhealthy: number): TestHost[] => [
  ...Array.from({ length: healthy }, () => testHost("h", { priority })),
  ...Array.from({ length: degraded }, () => testHost("d", { priority, health: "degraded" })),
  ...Array.from({ length: unhealthy }, () => testHost("u", { priority, health: "unhealthy" })),
];

test("localities get their weights' shares, less as they fail", () => {
  const policy = createTestPolicy(roundRobin(WEIGHTED));
  policy.update([...inZone("a", 2, { localityWeight: 1 }), ...inZone("b", 4, { localityWeight: 3 })]);
  assert.deepEqual(zoneCounts(policy.tally(400, testContext())), { a: 100, b: 300 });
  const half = inZone("b", 4, { localityWeight: 3 }).map((host, i) =>
    i < 2 ? { ...host, health: "unhealthy" as const } : host,
  );
  policy.update([...inZone("a", 2, { localityWeight: 1 }), ...half]);
  // 3 × 1.4 × 2/4 = 2.1 to 1.
  const { b = 0 } = zoneCounts(policy.tally(3100, testContext()));
  assert.ok(Math.abs(b - 2100) <= 2, String(b));
});

test("priorities share by health, then by degraded hosts, and in total panic by size", () => {
  const state = (...levels: TestHost[][]) => computePriorityState(sets(levels.flat()), 50);
  assert.deepEqual(state(level(0, 5, 0, 0), level(1, 5, 0, 0)).loads.healthy, [100, 0]);
  assert.deepEqual(state(level(0, 1, 0, 1), level(1, 2, 0, 0)).loads.healthy, [70, 30]);
  assert.deepEqual(state(level(0, 1, 1, 0), level(1, 1, 0, 1)).loads, {
    healthy: [70, 30],
    degraded: [0, 0],
  });
  assert.deepEqual(state(level(0, 1, 9, 0), level(1, 1, 0, 9)).loads, {
    healthy: [14, 14],
    degraded: [72, 0],
  });
  const panic = state(level(0, 0, 0, 3), level(1, 0, 0, 1));
  assert.deepEqual(panic.panic, [true, true]);
  assert.deepEqual(panic.loads.healthy, [75, 25]);
  // Not enough health in all: scaled up to 100, and the sick priority is in panic.
  const scarce = state(level(0, 1, 0, 4), level(1, 1, 0, 1));
  assert.deepEqual(scarce.loads.healthy, [29, 71]);
  assert.deepEqual(scarce.panic, [true, false]);
});

test("the assignment sets the overprovisioning factor and whether weights count as health", () => {
  const hosts = [
    testHost("a", { weight: 9 }),
    testHost("b", { health: "unhealthy" }),
    testHost("c", { priority: 1 }),
  ];
  const loads = (policy: object) => computePriorityState(sets(hosts, policy), 50).loads.healthy;
  assert.deepEqual(loads({ overprovisioningFactor: 100 }), [50, 50]);
  assert.deepEqual(loads({ weightedPriorityHealth: true }), [100, 0]);
});

test("excluded hosts do not count when health is judged", () => {
  const hosts = [testHost("a"), testHost("b", { health: "unhealthy", excluded: true })];
  assert.deepEqual(computePriorityState(sets(hosts), 100).panic, [false]);
});

test("in panic requests fail where that is configured", () => {
  const policy = createTestPolicy(
    roundRobin({ localityLbConfig: { zoneAwareLbConfig: { failTrafficOnPanic: true } } }),
  );
  policy.update([testHost("a"), ...level(0, 0, 0, 3)]);
  assert.deepEqual([...policy.tally(5, testContext())], [["none", 5]]);
  assert.equal(policy.stat("lb_healthy_panic"), 5);
});

function zoneAware(
  upstream: readonly TestHost[],
  local: readonly TestHost[],
  config: Record<string, JsonValue> = {},
) {
  const zone = { minClusterSize: "2", ...config };
  const policy = createTestPolicy(roundRobin({ localityLbConfig: { zoneAwareLbConfig: zone } }));
  const [localSet] = buildHostSets(local, DEFAULT_ASSIGNMENT_POLICY, "a");
  assert.ok(localSet);
  policy.update(upstream, { locality: "a", local: localSet });
  return { counts: zoneCounts(policy.tally(10_000, testContext())), policy };
}

test("a zone that can take its share keeps its requests", () => {
  const { counts, policy } = zoneAware(
    [...inZone("a", 3), ...inZone("b", 3)],
    [...inZone("a", 1), ...inZone("b", 1)],
  );
  assert.deepEqual(counts, { a: 10_000 });
  assert.equal(policy.stat("lb_zone_routing_all_directly"), 10_000);
});

test("what a zone cannot take goes where there is room", () => {
  // Of the proxies half are in a, of the hosts a fifth: 40% stay, the others go by free share: b +30% - 0, c +50% - 50%.
  const { counts, policy } = zoneAware(
    [...inZone("a", 2), ...inZone("b", 3), ...inZone("c", 5)],
    [...inZone("a", 1), ...inZone("c", 1)],
  );
  assert.ok(Math.abs((counts.a ?? 0) - 4000) < 150, JSON.stringify(counts));
  assert.equal(counts.c, undefined);
  assert.equal(policy.stat("lb_zone_routing_sampled"), counts.a);
  assert.equal(policy.stat("lb_zone_routing_cross_zone"), counts.b);
});

test("zones are not looked at without need", () => {
  const upstream = [...inZone("a", 2), ...inZone("b", 2)];
  const local = [...inZone("a", 2), ...inZone("b", 1)];
  const small = zoneAware(upstream, local, { minClusterSize: "6" });
  assert.deepEqual(small.counts, { a: 5000, b: 5000 });
  assert.equal(small.policy.stat("lb_zone_cluster_too_small"), 1);
  assert.equal(zoneAware(upstream, inZone("b", 2)).counts.b, 5000);
  const missing = zoneAware(upstream, [...inZone("b", 2), ...inZone("c", 2)]);
  assert.equal(missing.policy.stat("lb_local_cluster_not_ok"), 1);
  assert.deepEqual(zoneAware(upstream, local, { forceLocalZone: { minSize: 2 } }).counts, { a: 10_000 });
  assert.deepEqual(zoneAware(upstream, local, { routingEnabled: { value: 0 } }).counts, { a: 5000, b: 5000 });
});

test("a new host gets a growing part of its weight", () => {
  const policy = createTestPolicy(roundRobin({ slowStartConfig: { slowStartWindow: "60s" } }));
  const old = testHost("old");
  policy.update([old]);
  policy.advance(60_001);
  policy.update([old, testHost("new")]);
  const share = (): number => (policy.tally(1100, testContext()).get("new") ?? 0) / 1100;
  assert.ok(Math.abs(share() - 0.1 / 1.1) < 0.01);
  policy.advance(30_000);
  assert.ok(Math.abs(share() - 0.5 / 1.5) < 0.01);
  policy.advance(30_000);
  assert.ok(Math.abs(share() - 0.5) < 0.01);
});

test("least request takes the least loaded of all, or of some", () => {
  const busy = Array.from({ length: 9 }, (_, i) => testHost(`busy${i}`, { activeRequests: 3 }));
  const full = createTestPolicy({
    loadBalancingPolicy: policyJson("least_request", { selectionMethod: "FULL_SCAN" }),
  });
  full.update([...busy, testHost("free")]);
  assert.equal(full.tally(100, testContext()).get("free"), 100);
  const some = createTestPolicy({ loadBalancingPolicy: policyJson("least_request", { choiceCount: 5 }) });
  some.update([...busy, testHost("free")]);
  const share = some.tally(5000, testContext()).get("free") ?? 0;
  assert.ok(Math.abs(share - 5000 * (1 - 0.9 ** 5)) < 150, String(share));
  const biased = createTestPolicy({
    loadBalancingPolicy: policyJson("least_request", {
      activeRequestBias: { defaultValue: 0, runtimeKey: "bias" },
    }),
  });
  biased.update([testHost("a", { weight: 3, activeRequests: 5 }), testHost("b")]);
  assert.ok(Math.abs((biased.tally(400, testContext()).get("a") ?? 0) - 300) < 3);
  biased.runtime.replace({ bias: "1.0" });
  assert.ok((biased.tally(400, testContext()).get("a") ?? 0) < 150);
});

test("picks that depend on no request are foreseen, as far ahead as there are hosts", () => {
  for (const name of ["round_robin", "random"]) {
    const { balancer, update } = createTestPolicy({ loadBalancingPolicy: policyJson(name) });
    const hosts = ["a", "b", "c"].map((address) => testHost(address));
    update(hosts);
    const foreseen = [balancer.peek?.(), balancer.peek?.(), balancer.peek?.()];
    assert.ok(!foreseen.includes(undefined), name);
    assert.equal(balancer.peek?.(), undefined, `${name}: too far`);
    assert.deepEqual(
      foreseen,
      foreseen.map(() => balancer.choose(testContext())),
    );
    balancer.peek?.();
    update(hosts.slice(0, 1));
    assert.equal(balancer.choose(testContext()), hosts[0], `${name}: hosts that are gone are forgotten`);
  }
  const least = createTestPolicy({ loadBalancingPolicy: policyJson("least_request") });
  least.update([testHost("a"), testHost("b")]);
  assert.equal(least.balancer.peek?.(), undefined);
});
