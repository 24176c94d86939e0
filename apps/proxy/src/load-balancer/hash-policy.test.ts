import assert from "node:assert/strict";
import { it } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import type { ConnectionInfo } from "@sluice/extension-api";
import { xxHash64 } from "@sluice/matching";
import { RouteAction_HashPolicySchema } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { Headers } from "../http/header-map.ts";
import { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import { compileHashPolicy, type HashPolicy, type HashSource } from "./hash-policy.ts";

const CONNECTION: ConnectionInfo = {
  id: 1,
  directRemoteAddress: "10.0.0.1:1",
  remoteAddress: "10.0.0.2:0",
  localAddress: "127.0.0.1:80",
  requestedServerName: undefined,
  tls: undefined,
};

function policy(...configs: JsonObject[]): HashPolicy {
  const compiled = compileHashPolicy(
    configs.map((json) => fromJson(RouteAction_HashPolicySchema, json)),
    "hash_policy",
  );
  assert.ok(compiled.ok && compiled.value);
  return compiled.value;
}

function headers(...fields: [string, string][]): Headers {
  const map = new Headers();
  for (const [name, value] of fields) map.append(name, value);
  return map;
}

function source(cookies: string[] = []): HashSource {
  const streamInfo = new RequestStreamInfo(0, 0);
  return { connection: CONNECTION, streamInfo, addCookie: (cookie) => cookies.push(cookie) };
}

it("gives a client without the cookie one that is made of its connection and hashed like any", () => {
  const cookies: string[] = [];
  const attributes = [{ name: "SameSite", value: "Strict" }, { name: "Secure" }];
  const hash = policy({ cookie: { name: "s", ttl: "60s", path: "/a", attributes } }).hash(
    headers([":path", "/"]),
    source(cookies),
  );
  const value = xxHash64("10.0.0.2:0127.0.0.1:80").toString(16).padStart(16, "0");
  assert.deepEqual(cookies, [`s="${value}"; Max-Age=60; Path=/a; SameSite=Strict; Secure; HttpOnly`]);
  assert.equal(hash, xxHash64(value));
});

it("makes no cookie where the client has it, and none without ttl", () => {
  const cookies: string[] = [];
  const sent = headers(["cookie", "a=b; s=x"]);
  assert.equal(policy({ cookie: { name: "s", ttl: "0s" } }).hash(sent, source(cookies)), xxHash64("x"));
  assert.equal(policy({ cookie: { name: "s" } }).hash(headers(), source(cookies)), undefined);
  assert.deepEqual(cookies, []);
});

it("takes the values of a repeated header in any order", () => {
  const byHeader = policy({ header: { headerName: "X-A" } });
  const one = byHeader.hash(headers(["x-a", "1"], ["x-a", "2"]), source());
  assert.equal(one, byHeader.hash(headers(["x-a", "2"], ["x-a", "1"]), source()));
  assert.notEqual(one, byHeader.hash(headers(["x-a", "1"]), source()));
  assert.equal(byHeader.hash(headers(), source()), undefined);
});

it("asks objects of the filter state for their hash", () => {
  const from = source();
  from.streamInfo.filterState.set("k", { hash: () => 7n });
  from.streamInfo.filterState.set("other", "text");
  assert.equal(policy({ filterState: { key: "k" } }).hash(headers(), from), 7n);
  assert.equal(policy({ filterState: { key: "other" } }).hash(headers(), from), undefined);
});

it("tells every problem", () => {
  const negative = { name: "c", ttl: "-1s" };
  const compiled = compileHashPolicy(
    [{}, { header: {} }, { cookie: negative }].map((json) => fromJson(RouteAction_HashPolicySchema, json)),
    "hash_policy",
  );
  assert.deepEqual(compiled.ok ? [] : compiled.problems.map(({ path }) => path), [
    "hash_policy[0]",
    "hash_policy[2].cookie.ttl",
  ]);
});
