import assert from "node:assert/strict";
import { it } from "node:test";
import { createRegistry, fromJson, type JsonObject } from "@bufbuild/protobuf";
import { RouteListSchema, RouteSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { RouteConfigurationSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { ConfigSchema as EnvironmentVariableSchema } from "@sluice/xds/gen/envoy/extensions/matching/common_inputs/environment_variable/v3/input_pb.js";
import { FilterStateInputSchema } from "@sluice/xds/gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.js";
import {
  HttpRequestHeaderMatchInputSchema,
  HttpRequestQueryParamMatchInputSchema,
} from "@sluice/xds/gen/envoy/type/matcher/v3/http_inputs_pb.js";
import { explainMatch } from "./explain-match.ts";
import { compileRouteTable } from "./route-table.ts";
import { extension, requestHeader } from "./testing/matchers.ts";
import { request } from "./testing/tables.ts";

const registry = createRegistry(
  EnvironmentVariableSchema,
  FilterStateInputSchema,
  HttpRequestHeaderMatchInputSchema,
  HttpRequestQueryParamMatchInputSchema,
  RouteListSchema,
  RouteSchema,
);

function route(name: string, match: JsonObject): JsonObject {
  return { name, match, directResponse: { status: 200 } };
}

function compile(matcher: JsonObject, more: JsonObject = {}) {
  const json = { name: "r", virtualHosts: [{ name: "v", domains: ["*"], matcher, ...more }] };
  return compileRouteTable(fromJson(RouteConfigurationSchema, json, { registry }), {
    payload: ({ name }) => ({ ok: true, value: name }),
    environment: (name) => (name === "ZONE" ? "a" : undefined),
  });
}

function tree(input: JsonObject, map: Record<string, JsonObject>): JsonObject {
  const entries = Object.entries(map).map(([key, action]) => [key, { action }]);
  return { matcherTree: { input, exactMatchMap: { map: Object.fromEntries(entries) } } };
}

const table = compile(
  tree(requestHeader("x-a"), {
    one: extension(RouteSchema, route("one", { prefix: "/one" })),
    many: extension(RouteListSchema, {
      routes: [route("first", { path: "/" }), route("second", { prefix: "/" })],
    }),
  }),
);

it("chooses among lists by the matcher, then within the list by the routes' own matches", () => {
  assert.ok(table.ok, table.ok ? "" : JSON.stringify(table.problems));
  const found = (path: string, value: string) => table.value.match(request(path, ["x-a", value]), 0)?.payload;
  assert.equal(found("/one/x", "one"), "one");
  assert.equal(found("/", "one"), undefined);
  assert.equal(found("/", "many"), "first");
  assert.equal(found("/x", "many"), "second");
  assert.equal(found("/", "other"), undefined);
});

it("explains the matcher's steps and the routes of the list that it chose", () => {
  assert.ok(table.ok);
  const { matcher, routes, route: chosen } = explainMatch(table.value, request("/x", ["x-a", "many"]));
  assert.equal(chosen?.payload, "second");
  assert.deepEqual(
    matcher.map(({ field, outcome, message }) => [field, outcome, message]),
    [["virtual_hosts[0].matcher.matcher_tree", "matched", 'request header x-a is "many"']],
  );
  const at = 'virtual_hosts[0].matcher.matcher_tree.exact_match_map.map["many"].action.typed_config';
  assert.deepEqual(
    routes.map(({ path, outcome }) => [path, outcome]),
    [
      [`${at}.routes[0]`, "rejected"],
      [`${at}.routes[1]`, "chosen"],
    ],
  );
  assert.deepEqual(explainMatch(table.value, request("/x")).routes, []);
});

it("may look at the filter state and the environment", () => {
  const byState = compile(
    tree(extension(FilterStateInputSchema, { key: "k" }), {
      v: extension(RouteSchema, route("state", { prefix: "/" })),
    }),
  );
  assert.ok(byState.ok);
  const context = { filterState: (key: string) => (key === "k" ? "v" : undefined) };
  assert.equal(byState.value.match(request("/"), 0, context)?.payload, "state");
  assert.equal(byState.value.match(request("/"), 0)?.payload, undefined);
  const byZone = compile(
    tree(extension(EnvironmentVariableSchema, { name: "ZONE" }), {
      a: extension(RouteSchema, route("zone", { prefix: "/" })),
    }),
  );
  assert.ok(byZone.ok);
  assert.equal(byZone.value.match(request("/"), 0)?.payload, "zone");
});

it("refuses other inputs, keep_matching, and routes beside a matcher", () => {
  const query = extension(HttpRequestQueryParamMatchInputSchema, { queryParam: "q" });
  const compiled = compile(
    {
      matcherTree: {
        input: query,
        exactMatchMap: {
          map: { a: { keepMatching: true, action: extension(RouteSchema, { name: "x" }) } },
        },
      },
    },
    { routes: [route("beside", { prefix: "/" })] },
  );
  assert.deepEqual(compiled.ok ? [] : compiled.problems.map(({ path }) => path), [
    "virtual_hosts[0]",
    "virtual_hosts[0].matcher.matcher_tree.input.typed_config",
    'virtual_hosts[0].matcher.matcher_tree.exact_match_map.map["a"].keep_matching',
    'virtual_hosts[0].matcher.matcher_tree.exact_match_map.map["a"].action.typed_config.match',
  ]);
});
