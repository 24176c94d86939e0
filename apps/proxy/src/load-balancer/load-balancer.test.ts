import assert from "node:assert/strict";
import { test } from "node:test";
import type { Random } from "@sluice/extension-api";
import { discardingHostStats } from "../cluster/host-stats.ts";
import { EdfScheduler } from "./edf-scheduler.ts";
import type { LoadBalancerConfig } from "./load-balancer.ts";
import { type BalancedHost, PriorityLoadBalancer } from "./priority-load-balancer.ts";

const CONTEXT = {
  requestHeaders: undefined,
  computeHash: () => undefined,
  shouldSelectAnotherHost: () => false,
  hostSelectionAttempts: 1,
};

function seeded(seed: number): Random {
  let state = seed;
  return {
    uint32: () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 8;
    },
    uuid: () => "",
  };
}

function host(name: string, given: Partial<BalancedHost> = {}): BalancedHost {
  return {
    address: name,
    connectTo: { host: name, port: 1 },
    hostname: "",
    weight: 1,
    priority: 0,
    zone: "",
    metadata: undefined,
    removed: false,
    stats: discardingHostStats(),
    activeRequests: 0,
    pool: undefined,
    health: "healthy",
    ...given,
  };
}

function config(policy: LoadBalancerConfig["policy"]): LoadBalancerConfig {
  return { policy, choiceCount: 2, activeRequestBias: 1, panicThreshold: 50 };
}

function tally(
  policy: LoadBalancerConfig["policy"],
  hosts: readonly BalancedHost[],
  picks: number,
): Map<string, number> {
  const balancer = new PriorityLoadBalancer(config(policy), hosts, seeded(7));
  const counts = new Map<string, number>();
  for (let pick = 0; pick < picks; pick++) {
    const chosen = balancer.choose(CONTEXT)?.address ?? "none";
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
  }
  return counts;
}

test("round robin gives each host exactly its turn, and its weight's share of turns", () => {
  assert.deepEqual(
    new Map([...tally("round_robin", [host("a"), host("b"), host("c")], 300)].sort()),
    new Map([
      ["a", 100],
      ["b", 100],
      ["c", 100],
    ]),
  );
  const weighted = tally("round_robin", [host("a", { weight: 3 }), host("b")], 400);
  assert.ok(Math.abs((weighted.get("a") ?? 0) - 300) <= 2, JSON.stringify([...weighted]));
});

test("least request avoids the busy host and follows weights", () => {
  const busy = tally("least_request", [host("a", { activeRequests: 50 }), host("b")], 1000);
  assert.ok((busy.get("a") ?? 0) < 350);
  const weighted = tally("least_request", [host("a", { weight: 9 }), host("b", { activeRequests: 2 })], 1000);
  assert.ok((weighted.get("a") ?? 0) > 900);
});

test("random reaches every host", () => {
  const counts = tally("random", [host("a"), host("b"), host("c")], 3000);
  for (const name of ["a", "b", "c"]) assert.ok(Math.abs((counts.get(name) ?? 0) - 1000) < 150);
});

test("a priority gives way as its hosts fail, and panic uses everybody", () => {
  const half = [host("a"), host("b", { health: "unhealthy" }), host("c", { priority: 1 })];
  const counts = tally("round_robin", half, 1000);
  assert.equal(counts.get("b"), undefined);
  assert.ok(Math.abs((counts.get("a") ?? 0) - 700) < 60, JSON.stringify([...counts]));
  const panic = [
    host("a", { health: "unhealthy" }),
    host("b", { health: "unhealthy" }),
    host("c", { health: "unhealthy" }),
  ];
  assert.equal(tally("round_robin", panic, 300).get("b"), 100);
  assert.equal(tally("round_robin", [], 1).get("none"), 1);
});

test("the scheduler spreads a heavy entry evenly", () => {
  const scheduler = new EdfScheduler(["a", "b"], (entry) => (entry === "a" ? 2 : 1));
  const order = Array.from({ length: 6 }, () => scheduler.next()).join("");
  assert.equal(order.replaceAll("b", "").length, 4);
  assert.ok(!order.includes("aaa") && !order.includes("bb"), order);
});
