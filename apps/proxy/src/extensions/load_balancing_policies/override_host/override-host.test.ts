import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamInfo } from "@sluice/extension-api";
import { Headers } from "../../../http/header-map.ts";
import { testContext, testHost } from "../../../load-balancer/testing/test-host.ts";
import { createTestPolicy, policyJson, refusalOfPolicy } from "../../../load-balancer/testing/test-policy.ts";

const CONFIG = {
  overrideHostSources: [{ header: "x-host" }, { metadata: { key: "pick", path: [{ key: "to" }] } }],
  selectedHostKey: { key: "picked", path: [{ key: "deep" }, { key: "er" }] },
  fallbackPolicy: policyJson("round_robin"),
};

function request(header: string | undefined, metadata: Record<string, Record<string, unknown>> = {}) {
  const streamInfo = {
    filterState: new Map(),
    getDynamicMetadata: (filter: string) => metadata[filter],
    setDynamicMetadata: (filter: string, value: Record<string, unknown>) => {
      metadata[filter] = value;
    },
  };
  const requestHeaders = new Headers(header === undefined ? [] : ["x-host", header]);
  return { ...testContext({ requestHeaders, streamInfo: asStreamInfo(streamInfo) }), metadata };
}

test("the hosts that a request names are taken one a try, healthy or not, then the fallback's", () => {
  const policy = createTestPolicy({ loadBalancingPolicy: policyJson("override_host", CONFIG) });
  policy.update([testHost("a:1"), testHost("b:1"), testHost("c:1", { health: "unhealthy" })]);
  const context = request("c:1, nowhere:1,b:1", { pick: { to: "a:1" } });
  const tries = Array.from({ length: 3 }, () => policy.balancer.choose(context)?.address);
  assert.deepEqual(tries, ["c:1", "b:1", "a:1"]);
  assert.deepEqual(context.metadata.picked, { deep: { er: "a:1" } });
  assert.deepEqual([...policy.tally(20, context).keys()].sort(), ["a:1", "b:1"]);
  assert.equal(policy.tally(20, request(undefined)).size, 2);
});

test("a source is a header or metadata, not both and not neither", () => {
  const config = { ...CONFIG, overrideHostSources: [{}] };
  assert.match(
    refusalOfPolicy({ loadBalancingPolicy: policyJson("override_host", config) }),
    /override_host_sources\[0\]: needs either header or metadata/,
  );
});

/** The policy uses nothing else of it. */
function asStreamInfo(part: object): StreamInfo {
  return part as StreamInfo;
}
