import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "@bufbuild/protobuf";
import type { LoadBalancerContext } from "../cluster/thread-local-cluster.ts";
import { seededRandom, testContext, testHost } from "./testing/test-host.ts";
import { createTestPolicy, policyJson } from "./testing/test-policy.ts";

interface Contract {
  readonly cluster: Record<string, JsonValue>;
  /** Hosts get turns by weight. */
  readonly weighted: boolean;
}

/** Every policy, in a configuration in which it may use every host. */
const POLICIES: Readonly<Record<string, Contract>> = {
  round_robin: { cluster: { loadBalancingPolicy: policyJson("round_robin") }, weighted: true },
  least_request: { cluster: { loadBalancingPolicy: policyJson("least_request") }, weighted: true },
  "least_request, full scan": {
    cluster: { loadBalancingPolicy: policyJson("least_request", { selectionMethod: "FULL_SCAN" }) },
    weighted: true,
  },
  ring_hash: { cluster: { loadBalancingPolicy: policyJson("ring_hash") }, weighted: true },
  "ring_hash, murmur": {
    cluster: { loadBalancingPolicy: policyJson("ring_hash", { hashFunction: "MURMUR_HASH_2" }) },
    weighted: true,
  },
  maglev: { cluster: { loadBalancingPolicy: policyJson("maglev", { tableSize: "1009" }) }, weighted: true },
  client_side_weighted_round_robin: {
    cluster: { loadBalancingPolicy: policyJson("client_side_weighted_round_robin") },
    weighted: true,
  },
  "subset, any endpoint": {
    cluster: {
      loadBalancingPolicy: policyJson("subset", {
        fallbackPolicy: "ANY_ENDPOINT",
        subsetSelectors: [{ keys: ["version"] }],
        subsetLbPolicy: policyJson("round_robin"),
      }),
    },
    weighted: true,
  },
  override_host: {
    cluster: {
      loadBalancingPolicy: policyJson("override_host", {
        overrideHostSources: [{ header: "x-host" }],
        fallbackPolicy: policyJson("round_robin"),
      }),
    },
    weighted: true,
  },
  random: { cluster: { loadBalancingPolicy: policyJson("random") }, weighted: false },
};

/** Requests with hashes of their own, for the policies that go by one. */
function requests(): LoadBalancerContext {
  const random = seededRandom(99);
  const hash = (): bigint => (BigInt(random.uint32()) << 32n) | BigInt(random.uint32());
  return testContext({ computeHash: hash });
}

for (const [name, { cluster, weighted }] of Object.entries(POLICIES)) {
  describe(`the load-balancing policy ${name}`, () => {
    it("reaches every host, each its share", () => {
      const policy = createTestPolicy(cluster);
      policy.update(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"].map((address) => testHost(address)));
      const counts = policy.tally(6000, requests());
      assert.equal(counts.size, 3);
      for (const count of counts.values())
        assert.ok(Math.abs(count - 2000) < 450, JSON.stringify([...counts]));
    });

    it("has no host to give when there is none", () => {
      const policy = createTestPolicy(cluster);
      policy.update([]);
      assert.deepEqual([...policy.tally(3, requests())], [["none", 3]]);
    });

    it("never gives an unhealthy host while enough are healthy", () => {
      const policy = createTestPolicy(cluster);
      policy.update([
        testHost("10.0.0.1:80"),
        testHost("10.0.0.2:80", { health: "unhealthy" }),
        testHost("10.0.0.3:80"),
      ]);
      assert.equal(policy.tally(2000, requests()).get("10.0.0.2:80"), undefined);
      assert.equal(policy.stat("lb_healthy_panic"), 0);
    });

    it("gives every host when too few are healthy, and counts it", () => {
      const policy = createTestPolicy(cluster);
      const sick = ["10.0.0.2:80", "10.0.0.3:80"].map((address) =>
        testHost(address, { health: "unhealthy" }),
      );
      policy.update([testHost("10.0.0.1:80"), ...sick]);
      assert.equal(policy.tally(2000, requests()).size, 3);
      assert.equal(policy.stat("lb_healthy_panic"), 2000);
    });

    it("gives no unhealthy host where panic is turned off", () => {
      const policy = createTestPolicy({
        ...cluster,
        commonLbConfig: { healthyPanicThreshold: { value: 0 } },
      });
      policy.update([testHost("10.0.0.1:80", { health: "unhealthy" })]);
      assert.deepEqual([...policy.tally(3, requests())], [["none", 3]]);
    });

    it("follows updates", () => {
      const policy = createTestPolicy(cluster);
      const [first, second] = [testHost("10.0.0.1:80"), testHost("10.0.0.2:80")];
      policy.update([first]);
      assert.deepEqual([...policy.tally(10, requests()).keys()], ["10.0.0.1:80"]);
      policy.update([first, second]);
      assert.equal(policy.tally(500, requests()).size, 2);
      policy.update([second]);
      assert.deepEqual([...policy.tally(10, requests()).keys()], ["10.0.0.2:80"]);
      policy.balancer.close();
    });

    it("goes to the next priority as the first fails", () => {
      const policy = createTestPolicy(cluster);
      policy.update([
        testHost("10.0.0.1:80"),
        testHost("10.0.0.2:80", { health: "unhealthy" }),
        testHost("10.0.0.3:80", { priority: 1 }),
      ]);
      const counts = policy.tally(4000, requests());
      assert.equal(counts.get("10.0.0.2:80"), undefined);
      assert.ok(Math.abs((counts.get("10.0.0.1:80") ?? 0) - 2800) < 150, JSON.stringify([...counts]));
    });

    if (weighted) {
      it("gives a heavy host more turns", () => {
        const policy = createTestPolicy(cluster);
        policy.update([testHost("10.0.0.1:80", { weight: 3 }), testHost("10.0.0.2:80")]);
        const heavy = policy.tally(4000, requests()).get("10.0.0.1:80") ?? 0;
        assert.ok(Math.abs(heavy - 3000) < 200, String(heavy));
      });
    }
  });
}
