import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { listenersBootstrap } from "../many-listeners.ts";
import { discovered, dumpSections, fileSource, replaceFile, untilStat } from "../xds-files.ts";

const ON_DEMAND = `- name: on-demand
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.on_demand.v3.OnDemand }`;

const specifier = (rds: string): string => `scoped_routes:
  name: scopes
  scope_key_builder: { fragments: [{ header_value_extractor: { name: x-scope, index: 0, element_separator: "," } }] }
  rds_config_source: ${rds}
  scoped_rds: { scoped_rds_config_source: ${fileSource("srds.yaml")} }`;

const answering = (text: string): string =>
  `virtual_hosts: [{ name: v, domains: ["*"], routes: [{ match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: ${text} } } }] }]`;

const named = (name: string, routes: string, key = name, more = ""): string =>
  `name: ${name}, route_configuration_name: ${routes}, key: { fragments: [{ string_key: ${key} }] }${more}`;

const inline = (name: string, text: string): string =>
  `name: ${name}, route_configuration: { name: in-${name}, ${answering(text)} }, key: { fragments: [{ string_key: ${name} }] }`;

const scopes = (version: string, ...all: string[]): string =>
  discovered(version, "envoy.config.route.v3.ScopedRouteConfiguration", all);

const routes = (version: string, name: string, text: string): string =>
  discovered(version, "envoy.config.route.v3.RouteConfiguration", [`name: ${name}, ${answering(text)}`]);

const inScopes = (...names: string[]): CaseRequest[] =>
  names.map((name) => ({ path: "/", headers: [["x-scope", name]] }));

const STATS = ["config_reload", "update_attempt", "update_success", "update_rejected", "update_failure"].map(
  (name) => `http.main.scoped_rds.scopes.${name}`,
);
const GAUGES = ["all_scopes", "active_scopes", "on_demand_scopes"].map(
  (name) => `http.main.scoped_rds.scopes.${name}`,
);

export const XDS_SCOPED_ROUTE_CASES: readonly ConformanceCase[] = [
  {
    title: "scopes come from a source, their routes from another, and both change under way",
    yaml: listenersBootstrap({ main: { routeSpecifier: specifier(fileSource("rds.yaml")) } }),
    files: {
      "srds.yaml": scopes("1", named("a", "routes"), named("b", "routes", "bb")),
      "rds.yaml": routes("1", "routes", "one"),
    },
    requests: [...inScopes("a", "bb", "b", "c"), { path: "/" }],
    observe: async ({ proxy, send }) => {
      await replaceFile(proxy, "srds.yaml", scopes("2", named("b", "routes"), named("c", "routes")));
      await untilStat(proxy, "http.main.scoped_rds.scopes.config_reload", 2);
      await untilStat(proxy, "http.main.scoped_rds.scopes.active_scopes", 2);
      const moved: unknown[] = [];
      for (const request of inScopes("a", "b", "bb", "c")) moved.push((await send(request)).status);
      await replaceFile(proxy, "rds.yaml", routes("2", "routes", "two"));
      await untilStat(proxy, "http.main.rds.routes.config_reload", 2);
      return { moved, changed: (await send({ path: "/", headers: [["x-scope", "b"]] })).body };
    },
    stats: [...STATS, ...GAUGES, "http.main.rds.routes.update_success", "http.main.no_route"],
  },
  {
    title: "scopes that cannot be told apart are refused, and those before stay",
    yaml: listenersBootstrap({ main: { routeSpecifier: specifier(fileSource("rds.yaml")) } }),
    files: {
      "srds.yaml": scopes("1", named("a", "routes")),
      "rds.yaml": routes("1", "routes", "one"),
    },
    observe: async ({ proxy, send }) => {
      await replaceFile(proxy, "srds.yaml", scopes("2", named("a", "routes"), named("b", "routes", "a")));
      await untilStat(proxy, "http.main.scoped_rds.scopes.update_rejected", 1);
      return (await send({ path: "/", headers: [["x-scope", "a"]] })).body;
    },
    stats: [...STATS, ...GAUGES],
  },
  {
    title: "a scope from a source may have its routes with it",
    yaml: listenersBootstrap({ main: { routeSpecifier: specifier(fileSource("rds.yaml")) } }),
    files: {
      "srds.yaml": scopes("1", inline("a", "aa"), named("b", "routes")),
      "rds.yaml": routes("1", "routes", "bb"),
    },
    requests: inScopes("a", "b", "c"),
    observe: async ({ proxy, send }) => {
      await replaceFile(proxy, "srds.yaml", scopes("2", inline("a", "other")));
      await untilStat(proxy, "http.main.scoped_rds.scopes.all_scopes", 1);
      const seen: unknown[] = [];
      for (const request of inScopes("a", "b")) seen.push((await send(request)).body);
      return { seen, dump: await dumpSections(proxy, ["ScopedRoutesConfigDump"]) };
    },
    stats: [...STATS, ...GAUGES],
  },
  {
    title: "without the on_demand filter nobody fetches the routes of an on-demand scope",
    yaml: listenersBootstrap({ main: { routeSpecifier: specifier(fileSource("rds.yaml")) } }),
    files: {
      "srds.yaml": scopes("1", named("a", "routes", "a", ", on_demand: true")),
      "rds.yaml": routes("1", "routes", "one"),
    },
    requests: inScopes("a", "b"),
    stats: [...STATS, ...GAUGES, "http.main.no_route"],
  },
  {
    title: "the first request fetches the routes of an on-demand scope, and waits for them",
    yaml: listenersBootstrap({
      main: { routeSpecifier: specifier(fileSource("rds.yaml")), httpFilters: ON_DEMAND },
    }),
    files: {
      "srds.yaml": scopes("1", named("a", "routes", "a", ", on_demand: true")),
      "rds.yaml": routes("1", "routes", "one"),
    },
    requests: [
      ...inScopes("b", "a", "a"),
      {
        method: "POST",
        path: "/",
        headers: [
          ["x-scope", "a"],
          ["content-length", "3"],
        ],
        body: "abc",
      },
    ],
    stats: [
      ...STATS,
      "http.main.scoped_rds.scopes.all_scopes",
      "http.main.rds.routes.update_success",
      "http.main.no_route",
      "http.main.downstream_rq_total",
      "http.main.downstream_rq_completed",
    ],
  },
  {
    title: "a request with a body is held with it while the routes of its scope are fetched",
    yaml: listenersBootstrap({
      main: { routeSpecifier: specifier(fileSource("rds.yaml")), httpFilters: ON_DEMAND },
    }),
    files: {
      "srds.yaml": scopes("1", named("a", "routes", "a", ", on_demand: true")),
      "rds.yaml": routes("1", "routes", "one"),
    },
    requests: [
      {
        method: "POST",
        path: "/",
        headers: [
          ["x-scope", "a"],
          ["content-length", "3"],
        ],
        body: "abc",
      },
    ],
    stats: ["http.main.rds.routes.update_success", "http.main.no_route"],
  },
];
