import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { RouteSchema, VirtualHostSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { createExtensionRegistry } from "../registry/extension-registry.ts";
import { compileForward } from "./compile-forward.ts";

function compiled(action: JsonObject, rest: JsonObject = {}, host: JsonObject = {}) {
  const route = fromJson(RouteSchema, {
    match: { prefix: "/" },
    ...rest,
    route: { cluster: "c", ...action },
  });
  assert.ok(route.action.case === "route");
  const surroundings = {
    route,
    host: fromJson(VirtualHostSchema, host),
    hostRetry: undefined,
    hostMirrors: [],
    extensions: createExtensionRegistry([]),
  };
  return compileForward(surroundings, route.action.value, "route");
}

function forwarded(...parts: Parameters<typeof compiled>) {
  const { value } = { value: undefined, ...compiled(...parts) };
  assert.ok(value?.kind === "forward");
  return value.forward;
}

function problems(...parts: Parameters<typeof compiled>): string[] {
  const result = compiled(...parts);
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
}

test("times are whole milliseconds, and none that cannot be", () => {
  assert.equal(forwarded({ timeout: "2.0009s" }).timeoutMs, 2000);
  assert.equal(forwarded({ timeout: "0.0009s" }).timeoutMs, 0);
  assert.deepEqual(problems({ timeout: "-1s" }), ["route.timeout: Expected positive duration"]);
  assert.deepEqual(problems({ idleTimeout: "10000000000s" }), ["route.idle_timeout: Duration out-of-range"]);
  assert.deepEqual(problems({ retryPolicy: { perTryTimeout: "-0.5s" } }), [
    "route.retry_policy.per_try_timeout: Expected positive duration",
  ]);
});

test("back-off is a millisecond at least, and its end not before its beginning", () => {
  const backOff = (baseInterval: string, maxInterval: string) => ({
    retryPolicy: { retryBackOff: { baseInterval, maxInterval } },
  });
  const { retry } = forwarded(backOff("0.0002s", "0.0001s"));
  assert.deepEqual([retry?.baseIntervalMs, retry?.maxIntervalMs], [1, 1]);
  assert.deepEqual(problems(backOff("1s", "0.5s")), [
    "route.retry_policy.retry_back_off.max_interval: retry_policy.max_interval must greater than or equal to the base_interval",
  ]);
});

test("the newer limit of bodies wins at whichever level it stands", () => {
  const limit = (route: JsonObject, host: JsonObject) => forwarded({}, route, host).bodyBytesMax;
  assert.equal(limit({}, {}), undefined);
  assert.equal(limit({ perRequestBufferLimitBytes: 1 }, { perRequestBufferLimitBytes: 2 }), 1);
  assert.equal(limit({ perRequestBufferLimitBytes: 1 }, { requestBodyBufferLimit: "2" }), 2);
  assert.equal(limit({ requestBodyBufferLimit: "0" }, { requestBodyBufferLimit: "2" }), 0);
});

test("an upgrade stands once, and prefixes are not rewritten where there are none", () => {
  const upgradeConfigs = [{ upgradeType: "websocket" }, { upgradeType: "WebSocket" }];
  assert.deepEqual(problems({ upgradeConfigs }), [
    "route.upgrade_configs[1].upgrade_type: Duplicate upgrade WebSocket",
  ]);
  assert.deepEqual(problems({ prefixRewrite: "/a" }, { match: { pathMatchPolicy: { name: "t" } } }), [
    "route.prefix_rewrite: Cannot use prefix_rewrite with matcher extension",
  ]);
});
