import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { RouteConfigurationSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { addChallengeRoutes } from "./challenge-routes.ts";

test("challenges are answered before any other route, on every host, past filters that would refuse", () => {
  const routes = create(RouteConfigurationSchema, {
    virtualHosts: [{ name: "shop", domains: ["shop.example"], routes: [{ name: "own" }] }],
  });
  addChallengeRoutes(routes, ["envoy.filters.http.rbac"]);
  const [shop, rest] = routes.virtualHosts;
  assert.deepEqual(
    shop?.routes.map(({ name }) => name),
    ["sluice_acme_challenge", "own"],
  );
  assert.deepEqual(Object.keys(shop?.routes[0]?.typedPerFilterConfig ?? {}), ["envoy.filters.http.rbac"]);
  assert.deepEqual([rest?.name, rest?.domains, rest?.routes.length], ["sluice_acme", ["*"], 1]);
  const all = create(RouteConfigurationSchema, { virtualHosts: [{ name: "all", domains: ["*"] }] });
  addChallengeRoutes(all, []);
  assert.equal(all.virtualHosts.length, 1);
});
