import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "@bufbuild/protobuf";
import type { LoadBalancerContext } from "../../../cluster/thread-local-cluster.ts";
import { metadataMatchOf } from "../../../load-balancer/metadata-match.ts";
import { type TestHost, testContext, testHost } from "../../../load-balancer/testing/test-host.ts";
import {
  createTestPolicy,
  policyJson,
  refusalOfPolicy,
  type TestPolicy,
} from "../../../load-balancer/testing/test-policy.ts";

const host = (address: string, lb: Record<string, unknown>, more: Partial<TestHost> = {}): TestHost =>
  testHost(address, { metadata: { "envoy.lb": lb }, ...more });

const wanting = (criteria: Record<string, unknown>): LoadBalancerContext =>
  testContext({ metadataMatch: metadataMatchOf(criteria) });

function subset(config: Record<string, JsonValue>): Record<string, JsonValue> {
  return {
    loadBalancingPolicy: policyJson("subset", { subsetLbPolicy: policyJson("round_robin"), ...config }),
  };
}

const chosen = (policy: TestPolicy, context: LoadBalancerContext): string =>
  [...policy.tally(40, context).keys()].sort().join(" ");

const HOSTS = (): TestHost[] => [
  host("a", { version: "1", stage: "prod" }),
  host("b", { version: "1", stage: "test" }),
  host("c", { version: "2", stage: "prod" }),
  testHost("plain"),
];

test("a request goes to the hosts that have its values, and to no other", () => {
  const policy = createTestPolicy(
    subset({ subsetSelectors: [{ keys: ["version"] }, { keys: ["version", "stage"] }] }),
  );
  policy.update(HOSTS());
  assert.equal(chosen(policy, wanting({ version: "1" })), "a b");
  assert.equal(chosen(policy, wanting({ stage: "test", version: "1" })), "b");
  assert.equal(chosen(policy, wanting({ version: "3" })), "none");
  assert.equal(chosen(policy, wanting({ stage: "prod" })), "none", "no selector has these keys");
  assert.equal(chosen(policy, testContext()), "none");
  assert.equal(policy.stat("lb_subsets_active"), 10, "five in each of two threads");
  assert.equal(policy.stat("lb_subsets_selected"), 80);
});

test("subsets come and go with hosts, and are counted", () => {
  const policy = createTestPolicy(subset({ subsetSelectors: [{ keys: ["version"] }] }));
  policy.update(HOSTS());
  policy.update([host("a", { version: "1" })]);
  assert.equal(chosen(policy, wanting({ version: "2" })), "none");
  assert.deepEqual(
    ["lb_subsets_active", "lb_subsets_created", "lb_subsets_removed"].map((name) => policy.stat(name)),
    [2, 4, 2],
  );
  policy.balancer.close();
  assert.equal(policy.stat("lb_subsets_active"), 0);
});

test("what no subset fits falls back as the policy says", () => {
  const any = createTestPolicy(
    subset({ subsetSelectors: [{ keys: ["version"] }], fallbackPolicy: "ANY_ENDPOINT" }),
  );
  any.update(HOSTS());
  assert.equal(chosen(any, wanting({ version: "9" })), "a b c plain");
  assert.equal(any.stat("lb_subsets_fallback"), 40);
  const preset = createTestPolicy(
    subset({
      subsetSelectors: [{ keys: ["version"] }],
      fallbackPolicy: "DEFAULT_SUBSET",
      defaultSubset: { stage: "prod" },
      panicModeAny: true,
    }),
  );
  preset.update(HOSTS());
  assert.equal(chosen(preset, testContext()), "a c");
  preset.update([testHost("plain")]);
  assert.equal(chosen(preset, testContext()), "plain");
  assert.equal(preset.stat("lb_subsets_fallback_panic"), 40);
});

test("a selector's fallback comes before the policy's", () => {
  const policy = createTestPolicy(
    subset({
      fallbackPolicy: "ANY_ENDPOINT",
      defaultSubset: { stage: "test" },
      subsetSelectors: [
        { keys: ["version"], fallbackPolicy: "NO_FALLBACK" },
        { keys: ["stage"], fallbackPolicy: "DEFAULT_SUBSET" },
        { keys: ["stage", "version"], fallbackPolicy: "KEYS_SUBSET", fallbackKeysSubset: ["version"] },
      ],
    }),
  );
  policy.update(HOSTS());
  assert.equal(chosen(policy, wanting({ version: "9" })), "none");
  assert.equal(chosen(policy, wanting({ stage: "x" })), "b");
  assert.equal(chosen(policy, wanting({ stage: "x", version: "1" })), "a b");
  assert.equal(chosen(policy, wanting({ other: "x" })), "a b c plain");
});

test("a list in a host's metadata may stand for any of its values", () => {
  const config = { subsetSelectors: [{ keys: ["version"] }], listAsAny: true };
  const policy = createTestPolicy(subset(config));
  policy.update([host("a", { version: ["1", "2"] }), host("b", { version: "2" })]);
  assert.equal(chosen(policy, wanting({ version: "1" })), "a");
  assert.equal(chosen(policy, wanting({ version: "2" })), "a b");
});

test("single-host subsets take their host whatever its health and count the others", () => {
  const policy = createTestPolicy(subset({ subsetSelectors: [{ keys: ["id"], singleHostPerSubset: true }] }));
  policy.update([
    host("a", { id: "1" }, { health: "unhealthy" }),
    host("b", { id: "1" }),
    host("c", { id: "2" }),
  ]);
  assert.equal(chosen(policy, wanting({ id: "1" })), "a");
  assert.equal(policy.stat("lb_subsets_single_host_per_subset_duplicate"), 1);
});

test("redundant keys are left out where that is allowed", () => {
  const selectors = { subsetSelectors: [{ keys: ["version"] }] };
  const strict = createTestPolicy(subset(selectors));
  strict.update(HOSTS());
  assert.equal(chosen(strict, wanting({ version: "2", more: "x" })), "none");
  const lenient = createTestPolicy(subset({ ...selectors, allowRedundantKeys: true }));
  lenient.update(HOSTS());
  assert.equal(chosen(lenient, wanting({ version: "2", more: "x" })), "c");
});

test("a fallback list is tried in its order", () => {
  const policy = createTestPolicy(
    subset({ subsetSelectors: [{ keys: ["version"] }], metadataFallbackPolicy: "FALLBACK_LIST" }),
  );
  policy.update(HOSTS());
  const list = [{ version: "7" }, { version: "2" }, { version: "1" }];
  assert.equal(chosen(policy, wanting({ version: "0", fallback_list: list })), "c");
});

test("locality weights hold within subsets, scaled to what is left", () => {
  const inner = policyJson("round_robin", { localityLbConfig: { localityWeightedLbConfig: {} } });
  const config = {
    subsetLbPolicy: inner,
    subsetSelectors: [{ keys: ["version"] }],
    localityWeightAware: true,
  };
  const hosts = [
    host("a", { version: "1" }, { locality: "x", localityWeight: 10 }),
    host("b", { version: "2" }, { locality: "x", localityWeight: 10 }),
    host("c", { version: "1" }, { locality: "y", localityWeight: 10 }),
  ];
  for (const [scaleLocalityWeight, share] of [
    [false, 500],
    [true, 333],
  ] as const) {
    const policy = createTestPolicy({
      loadBalancingPolicy: policyJson("subset", { ...config, scaleLocalityWeight }),
    });
    policy.update(hosts);
    const count = policy.tally(1000, wanting({ version: "1" })).get("a") ?? 0;
    assert.ok(Math.abs(count - share) <= 2, String(count));
  }
});

test("the cluster's own lb_subset_config is the same", () => {
  const policy = createTestPolicy({
    lbPolicy: "RANDOM",
    lbSubsetConfig: { fallbackPolicy: "NO_FALLBACK", subsetSelectors: [{ keys: ["version"] }] },
  });
  policy.update(HOSTS());
  assert.equal(chosen(policy, wanting({ version: "1" })), "a b");
});

test("fallback keys that cannot work are refused", () => {
  const selector = { keys: ["a", "b"], fallbackPolicy: "KEYS_SUBSET" };
  const refusal = (more: Record<string, JsonValue>): string =>
    refusalOfPolicy(subset({ subsetSelectors: [{ ...selector, ...more }] }));
  assert.match(refusal({}), /subset_selectors\[0\]\.fallback_keys_subset: cannot be empty/);
  assert.match(refusal({ fallbackKeysSubset: ["c"] }), /must be a subset of keys/);
  assert.match(refusal({ fallbackKeysSubset: ["a", "b"] }), /cannot be equal to keys/);
  assert.match(refusal({ fallbackPolicy: "ANY_ENDPOINT", fallbackKeysSubset: ["a"] }), /only with/);
});
