import assert from "node:assert/strict";
import { test } from "node:test";
import { type DescMessage, fromJson, type JsonObject, toBinary } from "@bufbuild/protobuf";
import { apiRegistry } from "@sluice/xds";
import { TypedExtensionConfigSchema } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { ScopedRouteConfigurationsListSchema } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { StatsRegistry } from "../stats/stats-registry.ts";
import { ThreadStats } from "../stats/thread-stats.ts";
import { DiscoveredMessages } from "../worker/discovered-messages.ts";
import { testWorkerContext } from "../worker/testing/test-worker-context.ts";
import { extensionKey } from "../xds/extension-reference.ts";
import { routeKey } from "../xds/route-key.ts";
import { compileListener } from "./compile-listener.ts";

const ANY = "type.googleapis.com/envoy.extensions.filters";
const RBAC = `${ANY}.network.rbac.v3.RBAC`;
const HTTP_RATE_LIMIT = `${ANY}.http.local_ratelimit.v3.LocalRateLimit`;
const ADS = { ads: {} };

const discovery = (type: string): JsonObject => ({ config_source: ADS, type_urls: [type] });
const typed = (type: string, fields: JsonObject): JsonObject => ({ "@type": type, ...fields });

const manager: JsonObject = {
  stat_prefix: "web",
  http_filters: [
    { name: "limit", config_discovery: discovery(HTTP_RATE_LIMIT) },
    { name: "router", typed_config: typed(`${ANY}.http.router.v3.Router`, {}) },
  ],
  scoped_routes: {
    name: "scopes",
    rds_config_source: ADS,
    scope_key_builder: { fragments: [{ header_value_extractor: { name: "x-scope", index: 0 } }] },
    scoped_rds: { scoped_rds_config_source: ADS },
  },
};
const LISTENER: JsonObject = {
  name: "main",
  address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
  filter_chains: [
    {
      filters: [
        { name: "rules", config_discovery: discovery(RBAC) },
        {
          name: "manager",
          typed_config: typed(`${ANY}.network.http_connection_manager.v3.HttpConnectionManager`, manager),
        },
      ],
    },
  ],
};

const bytesOf = (schema: DescMessage, json: JsonObject): Uint8Array =>
  toBinary(schema, fromJson(schema, json, { registry: apiRegistry() }));

/** Routes with a virtual cluster, whose stats have the name of the virtual host. */
const routes = (name: string, virtualHost: string): JsonObject => ({
  name,
  virtual_hosts: [
    {
      name: virtualHost,
      domains: ["*"],
      routes: [{ match: { prefix: "/" }, direct_response: { status: 200 } }],
      virtual_clusters: [{ name: "all", headers: [{ name: ":path", present_match: true }] }],
    },
  ],
});

function start() {
  const registry = new StatsRegistry();
  const stats = new ThreadStats({
    define: (definitions) => registry.attach(0, definitions),
    release: (release) => registry.release(0, release),
  });
  const routeConfigs = new DiscoveredMessages(RouteConfigurationSchema);
  const scopes = new DiscoveredMessages(ScopedRouteConfigurationsListSchema);
  const extensionConfigs = new DiscoveredMessages(TypedExtensionConfigSchema);
  const worker = testWorkerContext({
    log: { debug() {}, info() {}, warn: (text) => assert.fail(text), error: (text) => assert.fail(text) },
    stats: stats.root(),
    routeConfigs,
    scopes,
    extensionConfigs,
  });
  const compiled = compileListener(fromJson(ListenerSchema, LISTENER, { registry: apiRegistry() }), worker);
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.problems));
  return {
    close: () => compiled.value.close(),
    route: (name: string, virtualHost: string) =>
      routeConfigs.set(
        routeKey(undefined, name),
        bytesOf(RouteConfigurationSchema, routes(name, virtualHost)),
      ),
    scopes: (list: readonly JsonObject[]) =>
      scopes.set(
        "",
        bytesOf(ScopedRouteConfigurationsListSchema, { scoped_route_configurations: [...list] }),
      ),
    filter: (kind: "http" | "network", name: string, config: JsonObject) =>
      extensionConfigs.set(
        extensionKey(kind, undefined, name),
        bytesOf(TypedExtensionConfigSchema, { name, typed_config: config }),
      ),
    /** The first parts of the names of the stats that end like this. */
    having: (end: string): string[] => {
      stats.flushDefinitions();
      const names = registry.scalars().flatMap(({ name }) => (name.endsWith(end) ? [name] : []));
      return names.map((name) => name.slice(0, -end.length));
    },
  };
}

const ALL = ".vcluster.all.upstream_rq_retry";
const scope = (name: string, more: JsonObject): JsonObject => ({
  name,
  key: { fragments: [{ string_key: name }] },
  ...more,
});

test("routes of scopes, inline or named, count until they are replaced or their scope goes", () => {
  const proxy = start();
  proxy.route("shared", "named-1");
  proxy.scopes([
    scope("a", { route_configuration_name: "shared" }),
    scope("b", { route_configuration: routes("inline", "inline-1") }),
  ]);
  assert.deepEqual(proxy.having(ALL), ["vhost.inline-1", "vhost.named-1"]);
  proxy.route("shared", "named-2");
  assert.deepEqual(proxy.having(ALL), ["vhost.inline-1", "vhost.named-2"]);
  proxy.scopes([
    scope("a", { route_configuration_name: "shared" }),
    scope("b", { route_configuration: routes("inline", "inline-2") }),
  ]);
  assert.deepEqual(proxy.having(ALL), ["vhost.inline-2", "vhost.named-2"]);
  proxy.scopes([scope("b", { route_configuration: routes("inline", "inline-2") })]);
  assert.deepEqual(proxy.having(ALL), ["vhost.inline-2"]);
  proxy.close();
  assert.deepEqual(proxy.having(""), []);
});

test("discovered filters count for as many changes as old connections may use them", () => {
  const proxy = start();
  for (let change = 1; change <= 20; change++) {
    proxy.filter("network", "rules", typed(RBAC, { stat_prefix: `rules-${change}.` }));
    proxy.filter("http", "limit", typed(HTTP_RATE_LIMIT, { stat_prefix: `limit-${change}` }));
  }
  const last = (name: string) => Array.from({ length: 8 }, (_, i) => `${name}-${i + 13}`);
  assert.deepEqual(proxy.having(".rbac.allowed"), last("rules"));
  assert.deepEqual(proxy.having(".http_local_rate_limit.enabled"), last("limit"));
  proxy.close();
  assert.deepEqual(proxy.having(""), []);
});
