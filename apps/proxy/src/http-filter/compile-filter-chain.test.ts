import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { apiRegistry } from "@sluice/xds";
import { HttpFilterSchema } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { HttpProtocolOptionsSchema } from "@sluice/xds/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { checkClusterPolicies } from "../cluster/cluster-policies.ts";
import { testWorkerContext } from "../worker/testing/test-worker-context.ts";
import { compileHttpFilters, upstreamFilterCompiler } from "./compile-filter-chain.ts";

const HTTP = "type.googleapis.com/envoy.extensions.filters.http";
const MUTATION = `${HTTP}.header_mutation.v3.HeaderMutation`;
const CODEC = `${HTTP}.upstream_codec.v3.UpstreamCodec`;
const ROUTER = `${HTTP}.router.v3.Router`;
const codec: JsonObject = { name: "codec", typed_config: { "@type": CODEC } };
const router: JsonObject = { name: "router", typed_config: { "@type": ROUTER } };

const worker = testWorkerContext({
  log: { debug() {}, info() {}, warn: (text) => assert.fail(text), error: (text) => assert.fail(text) },
});

const discovered = (types: readonly string[], more: JsonObject = {}): JsonObject => ({
  name: "found",
  config_discovery: { config_source: { ads: {} }, type_urls: [...types], ...more },
});

/** `path: message` of all that is wrong with a chain. */
function problemsOf(upstream: boolean, ...filters: readonly JsonObject[]): readonly string[] {
  const compiled = compileHttpFilters(
    filters.map((each) => fromJson(HttpFilterSchema, each, { registry: apiRegistry() })),
    "filters",
    { worker, stats: worker.stats, listenerName: "l", upstream, onClose() {} },
  );
  return compiled.ok ? [] : compiled.problems.map(({ path, message }) => `${path}: ${message}`);
}

test("a filter that is discovered may stand before the router and before upstreams", () => {
  assert.deepEqual(problemsOf(false, discovered([MUTATION]), router), []);
  assert.deepEqual(problemsOf(true, discovered([MUTATION]), codec), []);
  assert.deepEqual(problemsOf(true, discovered([CODEC])), []);
});

test("types that no filter of the place has are refused, and defaults of other types", () => {
  const cors = `${HTTP}.cors.v3.Cors`;
  assert.deepEqual(problemsOf(false, discovered([cors]), router), []);
  assert.deepEqual(problemsOf(true, discovered([MUTATION, cors]), codec), [
    "filters[0].config_discovery.type_urls[1]: Error: no factory found for a required type URL envoy.extensions.filters.http.cors.v3.Cors.",
  ]);
  assert.deepEqual(problemsOf(true, discovered([MUTATION], { default_config: { "@type": CODEC } }), codec), [
    "filters[0].config_discovery.default_config: Error: filter config has type URL envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec but expect envoy.extensions.filters.http.header_mutation.v3.HeaderMutation.",
    "filters[0].config_discovery.default_config: Error: terminal filter named found must be the last filter in a http filter chain.",
  ]);
});

test("who does not wait needs a default, and the last filter is not off by itself", () => {
  const hasty = discovered([MUTATION], { apply_default_config_without_warming: true });
  assert.deepEqual(problemsOf(true, hasty, codec), [
    "filters[0].config_discovery.apply_default_config_without_warming: Error: filter config found applied without warming but has no default config.",
  ]);
  for (const last of [codec, discovered([CODEC])]) {
    assert.deepEqual(problemsOf(true, { ...last, disabled: true }), [
      `filters[0].disabled: Error: the last (terminal) filter (${String(last["name"])}) in the chain cannot be disabled by default.`,
    ]);
  }
});

test("a cluster's codec stands in its place itself", () => {
  const options = (last: JsonObject) =>
    fromJson(
      HttpProtocolOptionsSchema,
      { http_filters: [discovered([MUTATION]), last] },
      {
        registry: apiRegistry(),
      },
    );
  const compilers = { extensions: worker.extensions, filters: upstreamFilterCompiler(worker) };
  const check = (of: ReturnType<typeof options>) => checkClusterPolicies(of, "at", compilers, worker.stats);
  assert.deepEqual(check(options(codec)), []);
  const problems = check(options(discovered([CODEC])));
  assert.deepEqual(
    problems.map(({ path }) => path),
    ["at.http_filters[1]"],
  );
  assert.match(problems[0]?.message ?? "", /UpstreamCodec in typed_config/);
});
