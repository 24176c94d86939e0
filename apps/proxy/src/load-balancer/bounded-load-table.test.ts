import assert from "node:assert/strict";
import { test } from "node:test";
import { MersenneTwister } from "./mersenne-twister.ts";
import { murmurHash2 } from "./murmur-hash2.ts";
import { testContext, testHost } from "./testing/test-host.ts";
import { createTestPolicy, policyJson, refusalOfPolicy } from "./testing/test-policy.ts";

test("the generator's sequences are those of C++'s mt19937", () => {
  const twister = new MersenneTwister();
  twister.seed(5489);
  assert.equal(twister.uint32(), 3499211612);
  for (let i = 1; i < 9999; i++) twister.uint32();
  assert.equal(twister.uint32(), 4123659995);
});

test("the old ring hash is that of libstdc++", () => {
  // What std::hash<std::string> gives.
  assert.equal(murmurHash2("foobar"), 1006047371904342835n);
  assert.equal(murmurHash2(""), 6142509188972423790n);
  assert.equal(murmurHash2("12345678"), 10113836418918046885n);
  assert.equal(murmurHash2("127.0.0.1:80_17"), 2741697841402946398n);
});

for (const name of ["ring_hash", "maglev"]) {
  test(`${name} passes over a host that has more than its part, always for the same other`, () => {
    const consistentHashingLbConfig = { hashBalanceFactor: 150 };
    const policy = createTestPolicy({ loadBalancingPolicy: policyJson(name, { consistentHashingLbConfig }) });
    const hosts = Array.from({ length: 5 }, (_, i) => testHost(`10.0.0.${i}:80`));
    policy.update(hosts);
    const request = testContext({ hash: 12_345_678_901_234_567n });
    const first = policy.balancer.choose(request);
    assert.ok(first);
    const owner = hosts.find((host) => host === first);
    assert.ok(owner);
    owner.activeRequests = 10;
    const second = policy.balancer.choose(request);
    assert.notEqual(second, first);
    assert.equal(policy.tally(50, request).get(second?.address ?? ""), 50);
    for (const host of hosts) host.activeRequests = host === second ? 4 : 5;
    assert.equal(policy.balancer.choose(request), first, "all have their part: the hash's own");
  });

  test(`${name} gives another host where the first is refused`, () => {
    const policy = createTestPolicy({ loadBalancingPolicy: policyJson(name) });
    policy.update(["a", "b", "c"].map((address) => testHost(address)));
    const first = policy.balancer.choose(testContext({ hash: 77n }));
    const other = policy.balancer.choose(
      testContext({
        hash: 77n,
        hostSelectionAttempts: 20,
        shouldSelectAnotherHost: (host) => host === first,
      }),
    );
    assert.notEqual(other, first);
  });

  test(`${name} moves few requests when a host leaves`, () => {
    const policy = createTestPolicy({ loadBalancingPolicy: policyJson(name) });
    const hosts = Array.from({ length: 10 }, (_, i) => testHost(`10.0.0.${i}:80`));
    const keys = Array.from(
      { length: 1000 },
      (_, i) => (BigInt(i) * 0x9e3779b97f4a7c15n) & ((1n << 64n) - 1n),
    );
    const owners = () => keys.map((hash) => policy.balancer.choose(testContext({ hash }))?.address);
    policy.update(hosts);
    const before = owners();
    policy.update(hosts.slice(1));
    const after = owners();
    const moved = before.filter((address, i) => address !== "10.0.0.0:80" && address !== after[i]).length;
    assert.ok(moved < 60, String(moved));
  });
}

test("sizes that cannot be are refused", () => {
  const ring = policyJson("ring_hash", { minimumRingSize: "10", maximumRingSize: "5" });
  assert.match(refusalOfPolicy({ loadBalancingPolicy: ring }), /minimum_ring_size \(10\) is above/);
  const table = policyJson("maglev", { tableSize: "1024" });
  assert.match(refusalOfPolicy({ loadBalancingPolicy: table }), /table_size: must be a prime number/);
});
