import assert from "node:assert/strict";
import { it } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import type { MatchedRoute } from "@sluice/extension-api";
import { apiRegistry } from "@sluice/xds";
import { RateLimitSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { systemRandom } from "../event/system-time.ts";
import { Headers } from "../http/header-map.ts";
import { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import {
  compileRateLimits,
  type DescriptorSource,
  type RateLimitContext,
  type RateLimitPolicy,
} from "./rate-limit-policy.ts";

const WORKER: RateLimitContext = {
  runtime: {
    integer: (_key, fallback) => fallback,
    boolean: (_key: string, fallback: boolean) => fallback,
    double: (_key, fallback) => fallback,
    featureEnabled: () => true,
  },
  random: systemRandom,
  localInfo: { nodeId: "n", nodeCluster: "nodes", region: "", zone: "", subZone: "", address: "10.0.0.1" },
};

const ROUTE: MatchedRoute = {
  name: "r",
  virtualHostName: "v",
  clusterName: "web",
  metadata: { f: { tier: "gold", n: 1 } },
};

function compile(...configs: JsonObject[]) {
  return compileRateLimits(
    configs.map((json) => fromJson(RateLimitSchema, json, { registry: apiRegistry() })),
    "rate_limits",
    WORKER,
    "filter",
  );
}

function policy(...configs: JsonObject[]): RateLimitPolicy {
  const compiled = compile(...configs);
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.problems));
  return compiled.value;
}

function source(...fields: [string, string][]): DescriptorSource {
  const request = new Headers();
  request.append(":path", "/a?q=a%20b&p=1");
  for (const [name, value] of fields) request.append(name, value);
  const streamInfo = new RequestStreamInfo(0, 0);
  return {
    request,
    response: undefined,
    responseTrailers: undefined,
    streamInfo,
    connection: {
      id: 1,
      directRemoteAddress: "10.1.2.3:1",
      remoteAddress: "10.1.2.3:5",
      localAddress: "127.0.0.1:80",
      requestedServerName: undefined,
      tls: undefined,
    },
    route: ROUTE,
  };
}

/** Each descriptor as `key=value key=value`. */
function texts(limits: RateLimitPolicy, from: DescriptorSource, stage = 0, done = false): string[] {
  return limits
    .descriptorsFor(from, stage, done)
    .map(({ entries }) => entries.map(({ key, value }) => `${key}=${value}`).join(" "));
}

function actions(...list: JsonObject[]): JsonObject {
  return { actions: list };
}

it("makes an entry of each action, in order", () => {
  const limits = policy(
    actions(
      { sourceCluster: {} },
      { destinationCluster: {} },
      { requestHeaders: { headerName: "X-A", descriptorKey: "a" } },
      { queryParameters: { queryParameterName: "q", descriptorKey: "q" } },
      { remoteAddress: {} },
      { maskedRemoteAddress: { v4PrefixMaskLen: 16 } },
      { genericKey: { descriptorValue: "g" } },
      { genericKey: { descriptorValue: "%REQ(x-a)%", descriptorKey: "literal" } },
      { headerValueMatch: { descriptorValue: "h", headers: [{ name: "x-a", stringMatch: { exact: "1" } }] } },
      { queryParameterValueMatch: { descriptorValue: "qm", queryParameters: [{ name: "p" }] } },
      {
        remoteAddressMatch: {
          descriptorValue: "in",
          addressMatcher: { ranges: [{ addressPrefix: "10.0.0.0", prefixLen: 8 }] },
        },
      },
      {
        metadata: {
          descriptorKey: "tier",
          source: "ROUTE_ENTRY",
          metadataKey: { key: "f", path: [{ key: "tier" }] },
        },
      },
      {
        extension: {
          name: "input",
          typedConfig: {
            "@type": "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
            headerName: "x-a",
          },
        },
      },
    ),
  );
  assert.deepEqual(texts(limits, source(["x-a", "1"])), [
    "source_cluster=nodes destination_cluster=web a=1 q=a b remote_address=10.1.2.3 masked_remote_address=10.1.0.0/16 generic_key=g literal=%REQ(x-a)% header_match=h query_match=qm remote_address_match=in tier=gold input=1",
  ]);
});

it("drops a descriptor when an action has nothing to say, unless that is to be skipped", () => {
  const one = (action: JsonObject) =>
    texts(policy(actions({ genericKey: { descriptorValue: "g" } }, action)), source(["x-a", "1"]));
  assert.deepEqual(one({ requestHeaders: { headerName: "x-b", descriptorKey: "b" } }), []);
  assert.deepEqual(one({ requestHeaders: { headerName: "x-b", descriptorKey: "b", skipIfAbsent: true } }), [
    "generic_key=g",
  ]);
  const headers = [{ name: "x-a", stringMatch: { exact: "1" } }];
  assert.deepEqual(one({ headerValueMatch: { descriptorValue: "h", expectMatch: false, headers } }), []);
  const metadataKey = { key: "f", path: [{ key: "n" }] };
  assert.deepEqual(one({ metadata: { descriptorKey: "m", source: "ROUTE_ENTRY", metadataKey } }), []);
  assert.deepEqual(one({ dynamicMetadata: { descriptorKey: "m", defaultValue: "d", metadataKey } }), [
    "generic_key=g m=d",
  ]);
});

it("keeps stages apart, and what counts when the stream ends", () => {
  const generic = (descriptorValue: string) => [{ genericKey: { descriptorValue } }];
  const limits = policy(
    { actions: generic("zero") },
    { stage: 1, actions: generic("one") },
    { applyOnStreamDone: true, actions: generic("done") },
  );
  assert.deepEqual(texts(limits, source()), ["generic_key=zero"]);
  assert.deepEqual(texts(limits, source(), 1), ["generic_key=one"]);
  assert.deepEqual(texts(limits, source(), 0, true), ["generic_key=done"]);
});

it("takes limits and hits from the request", () => {
  const from = source(["x-hits", "3"]);
  from.streamInfo.setDynamicMetadata("f", { limit: { requests_per_unit: 5, unit: "HOUR" } });
  const limits = policy(
    {
      ...actions({ genericKey: { descriptorValue: "g" } }),
      limit: { dynamicMetadata: { metadataKey: { key: "f", path: [{ key: "limit" }] } } },
      hitsAddend: { format: "%REQ(x-hits)%" },
    },
    {
      ...actions({ genericKey: { descriptorValue: "g" } }),
      hitsAddend: { number: "7", isNegativeHits: true },
    },
    { ...actions({ genericKey: { descriptorValue: "g" } }), hitsAddend: { format: "%REQ(x-none)%" } },
  );
  const [first, second, none] = limits.descriptorsFor(from, 0, false);
  assert.deepEqual(first?.limit, { requestsPerUnit: 5, unit: 3 });
  assert.equal(first?.hitsAddend, 3);
  assert.deepEqual([second?.hitsAddend, second?.isNegativeHits, second?.limit], [7, true, undefined]);
  assert.equal(none, undefined);
});

it("does not read the hits of a route's limits", () => {
  const hitsAddend = { number: "7", format: "%NOPE%" };
  const json = { ...actions({ genericKey: { descriptorValue: "g" } }), hitsAddend };
  const limits = [fromJson(RateLimitSchema, json, { registry: apiRegistry() })];
  const compiled = compileRateLimits(limits, "rate_limits", WORKER, "route");
  assert.ok(compiled.ok);
  assert.equal(compiled.value.descriptorsFor(source(), 0, false)[0]?.hitsAddend, undefined);
});

it("tells every problem", () => {
  const compiled = compile(
    { stage: 11, actions: [{}] },
    { actions: [], hitsAddend: { number: "1", format: "%REQ(a)%" } },
    {
      actions: [
        {
          extension: {
            name: "x",
            typedConfig: { "@type": "type.googleapis.com/google.protobuf.StringValue", value: "" },
          },
        },
      ],
      hitsAddend: { format: "1" },
    },
  );
  assert.deepEqual(compiled.ok ? [] : compiled.problems.map(({ path }) => path), [
    "rate_limits[0].stage",
    "rate_limits[0].actions[0]",
    "rate_limits[1].actions",
    "rate_limits[1].hits_addend",
    "rate_limits[2].actions[0].extension.typed_config",
    "rate_limits[2].hits_addend.format",
  ]);
});
