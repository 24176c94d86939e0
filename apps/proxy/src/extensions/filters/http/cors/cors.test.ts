import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type Answer,
  type FilterProxy,
  type FilterProxyOptions,
  filterProxies,
  refusalOf,
} from "../../../../http-filter/testing/start-filter-proxy.ts";

const PACKAGE = "type.googleapis.com/envoy.extensions.filters.http.cors.v3";
const FILTER = { name: "cors", typed_config: { "@type": `${PACKAGE}.Cors` } };
const ORIGIN = { allow_origin_string_match: [{ exact: "http://a.test" }] };

function policy(fields: object): object {
  return { typed_per_filter_config: { cors: { "@type": `${PACKAGE}.CorsPolicy`, ...fields } } };
}
function share(numerator: number, runtimeKey?: string): object {
  return { default_value: { numerator, denominator: "HUNDRED" }, runtime_key: runtimeKey };
}
function corsFields({ headers }: Answer): Record<string, unknown> {
  const fields = Object.entries(headers).filter(([name]) => name.startsWith("access-control-"));
  return Object.fromEntries(fields.map(([name, value]) => [name.replace("access-control-", ""), value]));
}
function preflight(proxy: FilterProxy, headers: Record<string, string> = {}): Promise<Answer> {
  const own = { origin: "http://a.test", "access-control-request-method": "PUT" };
  return proxy.send({ method: "OPTIONS", headers: { ...own, ...headers } });
}

describe("envoy.filters.http.cors", () => {
  const startProxy = filterProxies();
  const start = (options: Partial<FilterProxyOptions>): Promise<FilterProxy> =>
    startProxy({ filters: [FILTER], ...options });

  it("answers preflights by itself, the upstream sees none", async () => {
    const proxy = await start({
      route: policy({
        ...ORIGIN,
        allow_methods: "GET,PUT",
        allow_headers: "x-a",
        expose_headers: "x-b",
        max_age: "60",
        allow_credentials: true,
        allow_private_network_access: true,
      }),
    });
    const answer = await preflight(proxy, { "access-control-request-private-network": "true" });
    assert.equal(answer.status, 200);
    assert.equal(answer.body, "");
    assert.deepEqual(corsFields(answer), {
      "allow-origin": "http://a.test",
      "allow-credentials": "true",
      "allow-methods": "GET,PUT",
      "allow-headers": "x-a",
      "max-age": "60",
      "allow-private-network": "true",
      "expose-headers": "x-b",
    });
    assert.equal(proxy.seen.length, 0);
    assert.equal(proxy.stat("http.test.cors.origin_valid"), 1);
  });

  it("adds headers to the responses of allowed origins only, and counts", async () => {
    const proxy = await start({
      route: policy({ ...ORIGIN, expose_headers: "x-b", allow_credentials: true }),
    });
    assert.deepEqual(corsFields(await proxy.send({ headers: { origin: "http://a.test" } })), {
      "allow-origin": "http://a.test",
      "allow-credentials": "true",
      "expose-headers": "x-b",
    });
    assert.deepEqual(corsFields(await proxy.send({ headers: { origin: "http://b.test" } })), {});
    assert.deepEqual(corsFields(await proxy.send({})), {});
    assert.deepEqual(corsFields(await preflight(proxy, { origin: "http://b.test" })), {});
    assert.equal(proxy.seen.length, 4);
    assert.equal(proxy.stat("http.test.cors.origin_valid"), 1);
    assert.equal(proxy.stat("http.test.cors.origin_invalid"), 2);
  });

  it("takes an OPTIONS without a method asked for as an ordinary request", async () => {
    const proxy = await start({ route: policy(ORIGIN) });
    const answer = await proxy.send({ method: "OPTIONS", headers: { origin: "http://a.test" } });
    assert.equal(answer.body, "ok");
    assert.deepEqual(corsFields(answer), { "allow-origin": "http://a.test" });
  });

  it("completes a level's policy from the less specific ones", async () => {
    const proxy = await start({
      route: policy({ allow_methods: "GET", allow_credentials: false }),
      virtualHost: policy({ allow_methods: "PUT", max_age: "1", allow_credentials: true }),
      routeConfig: policy({ allow_origin_string_match: [{ exact: "*" }], max_age: "2" }),
    });
    assert.deepEqual(corsFields(await preflight(proxy)), {
      "allow-origin": "http://a.test",
      "allow-methods": "GET",
      "max-age": "1",
    });
  });

  it("answers preflights of other origins where they are not forwarded", async () => {
    const proxy = await start({ route: policy({ ...ORIGIN, forward_not_matching_preflights: false }) });
    const answer = await preflight(proxy, { origin: "http://b.test" });
    assert.equal(answer.status, 200);
    assert.deepEqual(corsFields(answer), {});
    assert.equal(proxy.seen.length, 0);
  });

  it("only counts in the shadow, and follows the runtime", async () => {
    const proxy = await start({
      route: policy({ ...ORIGIN, filter_enabled: share(0, "cors.on"), shadow_enabled: share(100) }),
    });
    assert.deepEqual(corsFields(await preflight(proxy)), {});
    assert.equal(proxy.seen.length, 1);
    assert.equal(proxy.stat("http.test.cors.origin_valid"), 1);
    proxy.runtime.replace({ "cors.on": 100 });
    assert.deepEqual(corsFields(await preflight(proxy)), { "allow-origin": "http://a.test" });
  });

  it("does nothing where it is off, has no policy, or the route answers directly", async () => {
    const direct = { route: undefined, direct_response: { status: 200 }, ...policy(ORIGIN) };
    for (const route of [policy({ ...ORIGIN, filter_enabled: share(0) }), {}, direct]) {
      const proxy = await start({ route });
      assert.deepEqual(corsFields(await preflight(proxy)), {});
      assert.equal(proxy.stat("http.test.cors.origin_valid"), 0);
    }
  });

  it("names the place of a bad matcher", async () => {
    const refused = await refusalOf({
      filters: [FILTER],
      route: policy({ allow_origin_string_match: [{ exact: "a" }, { safe_regex: { regex: "(" } }] }),
    });
    assert.match(refused, /typed_per_filter_config\["cors"\]\.allow_origin_string_match\[1\]\.safe_regex/);
  });
});
