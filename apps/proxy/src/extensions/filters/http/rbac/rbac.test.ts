import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type FilterProxy,
  filterProxies,
  refusalOf,
} from "../../../../http-filter/testing/start-filter-proxy.ts";

const PACKAGE = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3";
const ANY = [{ any: true }];
const filter = (fields: object) => ({
  name: "rbac",
  typed_config: { "@type": `${PACKAGE}.RBAC`, ...fields },
});
const path = (prefix: string) => [{ url_path: { path: { prefix } } }];

describe("envoy.filters.http.rbac", () => {
  const startProxy = filterProxies();
  const start = (fields: object, route: object = {}): Promise<FilterProxy> =>
    startProxy({ filters: [filter(fields)], route });

  it("denies what no policy allows, and counts by policy", async () => {
    const proxy = await start({
      rules: { policies: { "for all": { permissions: path("/open"), principals: ANY } } },
      shadow_rules: { action: "DENY", policies: { closed: { permissions: path("/open"), principals: ANY } } },
      shadow_rules_stat_prefix: "try_",
      track_per_rule_stats: true,
    });
    assert.equal((await proxy.send({ path: "/open/x" })).status, 200);
    const denied = await proxy.send({ path: "/else" });
    assert.deepEqual([denied.status, denied.body], [403, "RBAC: access denied"]);
    for (const name of ["allowed", "denied", "policy.for all.allowed", "try_.policy.closed.shadow_denied"])
      assert.equal(proxy.stat(`http.test.rbac.${name}`), 1, name);
  });

  it("lets everybody in where the route says nothing", async () => {
    const proxy = await start(
      { rules: { policies: {} } },
      { typed_per_filter_config: { rbac: { "@type": `${PACKAGE}.RBACPerRoute` } } },
    );
    assert.equal((await proxy.send({})).status, 200);
  });

  it("names what it cannot do, by route too", async () => {
    const rbac = {
      rules: { policies: { p: { permissions: [{ matcher: { name: "m" } }], principals: ANY } } },
    };
    const refusal = await refusalOf({
      filters: [filter(rbac)],
      route: { typed_per_filter_config: { rbac: { "@type": `${PACKAGE}.RBACPerRoute`, rbac } } },
    });
    assert.match(refusal, /typed_config\.rules\.policies\["p"\]\.permissions\[0\]\.matcher/);
    assert.match(refusal, /typed_per_filter_config\["rbac"\]\.rbac\.rules\.policies\["p"\]/);
  });
});
