import { setTimeout as delay } from "node:timers/promises";
import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase, Target } from "../conformance-case.ts";
import { discovered, fileSource, replaceFile, untilStat } from "../xds-files.ts";

const POLICY = "type.googleapis.com/envoy.extensions.load_balancing_policies";

/** An endpoint that is told from others by its name, which the route makes the request's host. */
function named(name: string, more = "", port = "{{upstream}}"): string {
  return `{ endpoint: { hostname: ${name}, address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }${more} }`;
}

const lb = (fields: string, more = ""): string =>
  `, metadata: { filter_metadata: { envoy.lb: { ${fields} } } }${more}`;

/** A STATIC cluster; `endpoints`: LocalityLbEndpoints. */
function cluster(name: string, settings: string, endpoints: readonly string[], policy = ""): string {
  return `
- name: ${name}
  type: STATIC
  connect_timeout: 1s
  ${settings}
  load_assignment: { cluster_name: ${name}, ${policy}endpoints: [${endpoints.join(", ")}] }`;
}

const locality = (zone: string, endpoints: readonly string[], more = ""): string =>
  `{ locality: { zone: ${zone} }, lb_endpoints: [${endpoints.join(", ")}]${more} }`;

const typed = (name: string, message: string, fields = ""): string =>
  `load_balancing_policy: { policies: [{ typed_extension_config: { name: envoy.load_balancing_policies.${name}, typed_config: { "@type": ${POLICY}.${name}.v3.${message}${fields === "" ? "" : `, ${fields}`} } } }] }`;

function route(path: string, to: string, more = ""): string {
  return `
- { match: { path: /${path} }, route: { cluster: ${to}, auto_host_rewrite: true${more} } }`;
}

const KEYS = Array.from({ length: 60 }, (_, i) => `key-${i * 7919}`);

/** Seven hosts on which nothing listens: the access log tells which one was chosen. */
const DEAD = [1, 2, 3, 1, 1, 5, 2].map((weight, i) => ({
  zone: i < 4 ? "a" : "b",
  text: `{ endpoint: { address: { socket_address: { address: 127.0.0.${i + 2}, port_value: {{dead}} } } }, load_balancing_weight: ${weight} }`,
}));
const DEAD_ALL = [`{ lb_endpoints: [${DEAD.map(({ text }) => text).join(", ")}] }`];
const DEAD_ZONES = ["a", "b"].map((zone, i) =>
  locality(
    zone,
    DEAD.filter((each) => each.zone === zone).map(({ text }) => text),
    `, load_balancing_weight: ${i + 1}`,
  ),
);

const HASHED: Readonly<Record<string, readonly [settings: string, endpoints: readonly string[]]>> = {
  ring: ["lb_policy: RING_HASH", DEAD_ALL],
  small: [
    "lb_policy: RING_HASH\n  ring_hash_lb_config: { minimum_ring_size: 8, maximum_ring_size: 20 }",
    DEAD_ALL,
  ],
  murmur: [typed("ring_hash", "RingHash", "hash_function: MURMUR_HASH_2"), DEAD_ALL],
  zones: [typed("ring_hash", "RingHash", "locality_weighted_lb_config: {}"), DEAD_ZONES],
  maglev: ["lb_policy: MAGLEV", DEAD_ALL],
  prime: [typed("maglev", "Maglev", "table_size: 1009, locality_weighted_lb_config: {}"), DEAD_ZONES],
};

/** Who gets requests, in how many of a hundred, and what is answered. */
async function shares(target: Target, path: string, requests: number): Promise<Map<string, number>> {
  target.upstream.clear();
  const counts = new Map<string, number>();
  for (let i = 0; i < requests; i++) {
    const { status } = await target.send({ path });
    const to = status === 200 ? hostOf(target.upstream.requests.at(-1)?.fields) : String(status);
    counts.set(to, (counts.get(to) ?? 0) + 100 / requests);
  }
  target.upstream.clear();
  return counts;
}

/**
 * Shares of 120 requests if they are as expected, else of 600: hosts are drawn by lot, and of 120 draws one in a few hundred
 * is further off than the 13 of a hundred by which the expected shares are told apart.
 */
async function settledShares(
  target: Target,
  path: string,
  near: (seen: ReadonlyMap<string, number>) => boolean,
): Promise<Map<string, number>> {
  const first = await shares(target, path, 120);
  return near(first) ? first : await shares(target, path, 600);
}

function hostOf(fields: readonly (readonly [string, string])[] | undefined): string {
  return fields?.find(([name]) => name.toLowerCase() === "host")?.[1] ?? "nobody";
}

/** Who gets any, without how many. */
async function reached(target: Target, paths: readonly string[], requests = 12): Promise<unknown> {
  const seen: Record<string, string> = {};
  for (const path of paths) {
    seen[path] = [...(await shares(target, path, requests)).keys()].sort().join(" ");
  }
  return seen;
}

const SUBSET_HOSTS = [
  `{ lb_endpoints: [${[
    named("a", lb("version: '1', stage: prod, id: 1")),
    named("b", lb("version: '1', stage: test, id: 1")),
    named("c", lb("version: '2', stage: prod, id: 2")),
    named("d", lb("version: ['2', '3'], stage: prod, id: 3", ", health_status: DRAINING")),
    named("plain"),
  ].join(", ")}] }`,
];
const SELECTORS = `subset_selectors: [{ keys: [version] }, { keys: [stage], fallback_policy: DEFAULT_SUBSET }, { keys: [stage, version], fallback_policy: KEYS_SUBSET, fallback_keys_subset: [version] }, { keys: [nothing], fallback_policy: NO_FALLBACK }, { keys: [id], single_host_per_subset: true }]`;
/** A file of EDS: a host for each version. */
function subsetEndpoints(versions: readonly string[]): string {
  const hosts = versions.map(
    (version, i) =>
      `{ endpoint: { address: { socket_address: { address: 127.0.0.${i + 1}, port_value: {{upstream}} } } }${lb(`version: '${version}'`)} }`,
  );
  return discovered("1", "envoy.config.endpoint.v3.ClusterLoadAssignment", [
    `cluster_name: counted, endpoints: [{ lb_endpoints: [${hosts.join(", ")}] }]`,
  ]);
}

const SUBSETS: Readonly<Record<string, string>> = {
  plain: `fallback_policy: NO_FALLBACK, ${SELECTORS}`,
  any: `fallback_policy: ANY_ENDPOINT, ${SELECTORS}`,
  preset: `fallback_policy: DEFAULT_SUBSET, default_subset: { stage: test }, panic_mode_any: true, ${SELECTORS}`,
  panic: `fallback_policy: DEFAULT_SUBSET, default_subset: { stage: none }, panic_mode_any: true, ${SELECTORS}`,
  lists: `fallback_policy: NO_FALLBACK, list_as_any: true, ${SELECTORS}`,
  tried: `fallback_policy: NO_FALLBACK, metadata_fallback_policy: FALLBACK_LIST, ${SELECTORS}`,
};
const WANTED: Readonly<Record<string, string>> = {
  v1: "version: '1'",
  v3: "version: '3'",
  number: "version: 1",
  both: "stage: prod, version: '1'",
  keys: "stage: other, version: '2'",
  stage: "stage: other",
  nothing: "nothing: x",
  unknown: "unknown: x",
  id: "id: 1",
  more: "version: '1', more: x",
  list: "version: '9', fallback_list: [{ version: '8' }, { version: '2' }]",
};

function aggregate(name: string, clusters: string): string {
  return `
- name: ${name}
  connect_timeout: 1s
  lb_policy: CLUSTER_PROVIDED
  cluster_type: { name: envoy.clusters.aggregate, typed_config: { "@type": type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig, clusters: [${clusters}] } }`;
}

function composite(name: string, clusters: readonly string[]): string {
  return `
- name: ${name}
  connect_timeout: 1s
  lb_policy: CLUSTER_PROVIDED
  cluster_type: { name: envoy.clusters.composite, typed_config: { "@type": type.googleapis.com/envoy.extensions.clusters.composite.v3.ClusterConfig, clusters: [${clusters.map((each) => `{ name: ${each} }`).join(", ")}] } }`;
}

function originalDst(name: string, config: string): string {
  return `
- { name: ${name}, type: ORIGINAL_DST, connect_timeout: 1s, lb_policy: CLUSTER_PROVIDED, original_dst_lb_config: { ${config} } }`;
}

const zoneAware = (fields: string): string => `common_lb_config: { zone_aware_lb_config: { ${fields} } }`;

const ZONES = (west: number, east: number): readonly string[] => [
  locality(
    "west",
    Array.from({ length: west }, (_, i) => named(`w${i}`)),
  ),
  locality(
    "east",
    Array.from({ length: east }, (_, i) => named(`e${i}`)),
  ),
];

/** Policies that go by load reports, which nobody sends. */
const UNREPORTED: Readonly<Record<string, string>> = {
  before: typed(
    "client_side_weighted_round_robin",
    "ClientSideWeightedRoundRobin",
    "weight_update_period: 600s",
  ),
  after: typed(
    "client_side_weighted_round_robin",
    "ClientSideWeightedRoundRobin",
    "weight_update_period: 0.5s",
  ),
  within: typed(
    "wrr_locality",
    "WrrLocality",
    `endpoint_picking_policy: { policies: [{ typed_extension_config: { name: lb, typed_config: { "@type": ${POLICY}.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin, weight_update_period: 0.5s } } }] }`,
  ),
};

const PRIORITY = ", priority: 1";
const SICK = ", health_status: UNHEALTHY";
const HALF = ", health_status: DEGRADED";
const one = (endpoints: readonly string[], more = ""): string =>
  `{ lb_endpoints: [${endpoints.join(", ")}]${more} }`;

/** What is right within 13 of a hundred, by path: to whom how many of a hundred requests go. */
const SHARES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  failing: { a: 70, c: 30 },
  degraded: { a: 70, b: 30 },
  weighted: { a: 25, b: 75 },
  zones: { a: 33, b: 67 },
  panic: { a: 33, b: 33, c: 34 },
  total: { a: 50, b: 50 },
  thrifty: { a: 50, b: 50 },
  heavy: { a: 75, b: 25 },
  dropped: { a: 60, 503: 40 },
};

export const LOAD_BALANCING_CASES: readonly ConformanceCase[] = [
  {
    title: "the same hash gives the same host in rings and Maglev tables, with weights and localities",
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("%REQ(:PATH)% %REQ(X-KEY)% %UPSTREAM_HOST%", "picks.log")}`,
      routes: Object.keys(HASHED)
        .map((name) => route(name, name, ", hash_policy: [{ header: { header_name: x-key } }]"))
        .join(""),
      clusters: Object.entries(HASHED)
        .map(([name, [settings, endpoints]]) => cluster(name, settings, endpoints))
        .join(""),
    }),
    observe: async (target) => {
      for (const name of Object.keys(HASHED)) {
        for (const key of KEYS) await target.send({ path: `/${name}`, headers: [["x-key", key]] });
      }
      return null;
    },
    accessLog: { file: "picks.log", lines: KEYS.length * Object.keys(HASHED).length },
    stats: [
      ...["ring", "small", "murmur", "zones"].flatMap((name) =>
        ["size", "min_hashes_per_host", "max_hashes_per_host"].map(
          (stat) => `cluster.${name}.ring_hash_lb.${stat}`,
        ),
      ),
      ...["maglev", "prime"].flatMap((name) =>
        ["min_entries_per_host", "max_entries_per_host"].map((stat) => `cluster.${name}.maglev_lb.${stat}`),
      ),
    ],
  },
  {
    title: "hosts are hashed by the key in their metadata or by their name",
    yaml: httpBootstrap({
      routes: ["keyed", "hostnames"]
        .map((name) => route(name, name, ", hash_policy: [{ header: { header_name: x-key } }]"))
        .concat(route("own", "own"))
        .join(""),
      clusters: [
        cluster("keyed", "lb_policy: MAGLEV", [
          one(["a", "b", "c"].map((name) => named(name, lb(`hash_key: key-of-${name}-${"x".repeat(40)}`)))),
        ]),
        cluster(
          "own",
          typed(
            "maglev",
            "Maglev",
            "consistent_hashing_lb_config: { hash_policy: [{ header: { header_name: x-key } }] }",
          ),
          [one(["a", "b", "c"].map((name) => named(name, lb(`hash_key: ${name}`))))],
        ),
        cluster(
          "hostnames",
          "dns_lookup_family: V4_ONLY\n  lb_policy: RING_HASH\n  common_lb_config: { consistent_hashing_lb_config: { use_hostname_for_hashing: true } }",
          [one(["a", "b"].map((name, i) => named(name, "", i === 0 ? "{{upstream}}" : "{{upstream2}}")))],
        ).replace("STATIC", "STRICT_DNS"),
      ].join(""),
    }),
    requests: ["/keyed", "/hostnames", "/own"].flatMap((path) =>
      KEYS.map((key): CaseRequest => ({ path, headers: [["x-key", key]] })),
    ),
  },
  {
    title: "subsets and what falls back when none fits",
    yaml: httpBootstrap({
      routes: Object.keys(SUBSETS)
        .flatMap((name) =>
          Object.entries(WANTED).map(([wanted, fields]) =>
            route(
              `${name}/${wanted}`,
              name,
              `, metadata_match: { filter_metadata: { envoy.lb: { ${fields} } } }`,
            ),
          ),
        )
        .concat(Object.keys(SUBSETS).map((name) => route(name, name)))
        .join(""),
      clusters: Object.entries(SUBSETS)
        .map(([name, fields]) => cluster(name, `lb_subset_config: { ${fields} }`, SUBSET_HOSTS))
        .join(""),
    }),
    observe: (target) =>
      reached(
        target,
        Object.keys(SUBSETS).flatMap((name) => [
          `/${name}`,
          ...Object.keys(WANTED).map((wanted) => `/${name}/${wanted}`),
        ]),
        8,
      ),
    stats: Object.keys(SUBSETS).flatMap((name) =>
      [
        ...["active", "created", "removed", "selected", "fallback", "fallback_panic"],
        "single_host_per_subset_duplicate",
      ].map((stat) => `cluster.${name}.lb_subsets_${stat}`),
    ),
  },
  {
    title: "subsets are counted in every thread, before anybody uses them, as hosts come and go",
    concurrency: 2,
    files: { "eds.yaml": subsetEndpoints(["1", "2", "3"]) },
    yaml: httpBootstrap({
      clusters: `
- name: counted
  type: EDS
  eds_cluster_config: { eds_config: ${fileSource("eds.yaml")} }
  lb_subset_config: { fallback_policy: NO_FALLBACK, subset_selectors: [{ keys: [version] }] }`,
    }),
    observe: async ({ proxy }) => {
      const seen: Record<string, number | undefined>[] = [];
      const until = async (active: number): Promise<void> => {
        await untilStat(proxy, "cluster.counted.lb_subsets_active", active);
        const stats = await proxy.stats("lb_subsets");
        seen.push(
          Object.fromEntries(
            ["active", "created", "removed"].map((name) => [
              name,
              stats.get(`cluster.counted.lb_subsets_${name}`),
            ]),
          ),
        );
      };
      await until(9);
      await replaceFile(proxy, "eds.yaml", subsetEndpoints(["1", "4"]).replaceAll("{{upstream}}", "1"));
      await until(6);
      return seen;
    },
  },
  {
    title: "priorities, degraded hosts, localities and panic have their shares",
    yaml: httpBootstrap({
      routes: Object.keys(SHARES)
        .map((name) => route(name, name))
        .concat(route("failed", "failed"), route("none", "none"), route("gone", "gone"))
        .join(""),
      clusters: [
        cluster("failing", "", [one([named("a"), named("b", SICK)]), one([named("c")], PRIORITY)]),
        cluster("degraded", "", [one([named("a"), named("b", HALF)])]),
        cluster("weighted", "common_lb_config: { locality_weighted_lb_config: {} }", [
          locality("west", [named("a")], ", load_balancing_weight: 1"),
          locality("east", [named("b")], ", load_balancing_weight: 3"),
        ]),
        cluster(
          "zones",
          typed("random", "Random", "locality_lb_config: { locality_weighted_lb_config: {} }"),
          [
            locality("west", [named("a")], ", load_balancing_weight: 1"),
            locality("east", [named("b")], ", load_balancing_weight: 2"),
          ],
        ),
        cluster("panic", "", [one([named("a"), named("b", SICK), named("c", SICK)])]),
        cluster("total", "", [one([named("a", SICK)]), one([named("b", SICK)], PRIORITY)]),
        cluster(
          "thrifty",
          "",
          [one([named("a"), named("x", SICK)]), one([named("b")], PRIORITY)],
          "policy: { overprovisioning_factor: 100 }, ",
        ),
        cluster("heavy", "", [
          one([named("a", ", load_balancing_weight: 3"), named("b", ", load_balancing_weight: 1")]),
        ]),
        cluster(
          "dropped",
          "",
          [one([named("a")])],
          "policy: { drop_overloads: [{ category: some, drop_percentage: { numerator: 40 } }] }, ",
        ),
        cluster("failed", "common_lb_config: { zone_aware_lb_config: { fail_traffic_on_panic: true } }", [
          one([named("a"), named("b", SICK), named("c", SICK)]),
        ]),
        cluster("none", "common_lb_config: { healthy_panic_threshold: { value: 0 } }", [
          one([named("a", SICK)]),
        ]),
        cluster(
          "gone",
          "",
          [one([named("a")])],
          "policy: { drop_overloads: [{ category: all, drop_percentage: { numerator: 1000000, denominator: MILLION } }] }, ",
        ),
      ].join(""),
    }),
    requests: ["/failed", "/none", "/gone"].map((path) => ({ path })),
    observe: async (target) => {
      const right: Record<string, unknown> = {};
      for (const [name, expected] of Object.entries(SHARES)) {
        const near = (seen: ReadonlyMap<string, number>) =>
          Object.entries(expected).every(([to, share]) => Math.abs((seen.get(to) ?? 0) - share) < 13) &&
          [...seen.keys()].every((to) => to in expected);
        const seen = await settledShares(target, `/${name}`, near);
        right[name] = near(seen) ? "as it should be" : Object.fromEntries(seen);
      }
      return right;
    },
    stats: [
      "cluster.panic.lb_healthy_panic",
      "cluster.total.lb_healthy_panic",
      "cluster.failed.lb_healthy_panic",
      "cluster.failing.lb_healthy_panic",
      "cluster.gone.upstream_rq_503",
      "cluster.none.upstream_cx_none_healthy",
      "cluster.degraded.membership_degraded",
    ],
  },
  {
    title: "requests may name their hosts",
    yaml: httpBootstrap({
      routes: route("named", "named"),
      clusters: cluster(
        "named",
        typed(
          "override_host",
          "OverrideHost",
          `override_host_sources: [{ header: x-host }], fallback_policy: { policies: [{ typed_extension_config: { name: envoy.load_balancing_policies.random, typed_config: { "@type": ${POLICY}.random.v3.Random } } }] }`,
        ),
        [one([named("a", SICK), named("b", "", "{{upstream2}}")])],
      ),
    }),
    requests: [
      { path: "/named", headers: [["x-host", "127.0.0.1:{{upstream}}"]] },
      { path: "/named", headers: [["x-host", "10.0.0.1:80,127.0.0.1:1"]] },
    ],
    observe: async (target) => {
      const ask = async (port: number): Promise<string> =>
        (await target.send({ path: "/named", headers: [["x-host", `1.2.3.4:5, 127.0.0.1:${port}`]] })).body;
      return [await ask(target.upstream.port), await ask(target.upstream2.port)];
    },
  },
  {
    title: "an aggregate cluster is the priorities of its clusters in a row",
    yaml: httpBootstrap({
      routes: ["whole", "second", "shared", "missing"].map((name) => route(name, name)).join(""),
      clusters: [
        cluster("healthy", "", [one([named("a")])]),
        cluster("other", "", [one([named("b", "", "{{upstream2}}")])]),
        cluster("sick", "common_lb_config: { healthy_panic_threshold: { value: 0 } }", [
          one([named("c", SICK)]),
        ]),
        cluster("void", "", []),
        cluster("mixed", "", [one([named("d", SICK)]), one([named("e")], PRIORITY)]),
        aggregate("whole", "healthy, other"),
        aggregate("second", "void, sick, healthy"),
        aggregate("shared", "nowhere, mixed"),
        aggregate("missing", "nowhere, void"),
      ].join(""),
    }),
    requests: [{ path: "/missing" }],
    observe: (target) => reached(target, ["/whole", "/second", "/shared"], 6),
    stats: [
      "cluster.whole.upstream_rq_200",
      "cluster.healthy.upstream_cx_total",
      "cluster.missing.upstream_cx_none_healthy",
    ],
  },
  {
    title: "a composite cluster has a cluster for each try",
    yaml: httpBootstrap({
      routes: [
        route("tried", "tried", ", retry_policy: { retry_on: 5xx, num_retries: 1 }"),
        route("often", "tried", ", retry_policy: { retry_on: 5xx, num_retries: 3 }"),
        route("once", "tried"),
        route("void", "void"),
      ].join(""),
      clusters: [
        cluster("failing", "", [one([named("a")])]),
        cluster("well", "", [one([named("b", "", "{{upstream2}}")])]),
        cluster("none", "", []),
        composite("tried", ["failing", "well"]),
        composite("void", ["none", "nowhere", "well"]),
      ].join(""),
    }),
    reply: { status: 500, body: "one" },
    requests: ["/tried", "/often", "/once", "/void"].map((path) => ({ path })),
    stats: [
      "cluster.tried.upstream_rq_retry",
      "cluster.failing.upstream_rq_500",
      "cluster.tried.upstream_rq_500",
      "cluster.well.upstream_cx_total",
      "cluster.tried.upstream_cx_none_healthy",
    ],
  },
  {
    title: "an ORIGINAL_DST cluster goes where the request says",
    yaml: httpBootstrap({
      routes: `${route("default", "default")}${route("custom", "custom")}${route("port", "port")}${route("none", "none")}`,
      clusters: [
        originalDst("default", "use_http_header: true"),
        originalDst("custom", "use_http_header: true, http_header_name: X-To"),
        originalDst("port", "use_http_header: true, upstream_port_override: {{upstream2}}"),
        originalDst("none", ""),
      ].join(""),
    }),
    requests: [
      { path: "/default" },
      { path: "/default", headers: [["x-envoy-original-dst-host", "nonsense"]] },
      { path: "/default", headers: [["x-envoy-original-dst-host", "127.0.0.1"]] },
      { path: "/none", headers: [["x-envoy-original-dst-host", "127.0.0.1:1"]] },
      { path: "/port", headers: [["x-envoy-original-dst-host", "127.0.0.1:1"]] },
    ],
    observe: async (target) => {
      const ask = async (path: string, header: string, port: number): Promise<string> =>
        (await target.send({ path, headers: [[header, `127.0.0.1:${port}`]] })).body;
      const { upstream, upstream2 } = target;
      const seen = [
        await ask("/default", "x-envoy-original-dst-host", upstream.port),
        await ask("/default", "x-envoy-original-dst-host", upstream2.port),
        await ask("/custom", "x-to", upstream2.port),
        await ask("/custom", "x-envoy-original-dst-host", upstream2.port),
      ];
      upstream.clear();
      upstream2.clear();
      return seen;
    },
    stats: [
      "cluster.default.original_dst_host_invalid",
      "cluster.default.membership_total",
      "cluster.default.upstream_rq_200",
      "cluster.none.upstream_cx_none_healthy",
    ],
  },
  {
    title: "an ORIGINAL_DST cluster goes where a PROXY header says that the client wanted to",
    yaml: httpBootstrap({
      listener: `listener_filters:
  - name: proxy
    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol, allow_requests_without_proxy_protocol: true }`,
      routes: route("", "none"),
      clusters: originalDst("none", ""),
    }),
    observe: async ({ connect, upstream, upstream2 }) => {
      const seen: unknown[] = [];
      for (const port of [upstream.port, upstream2.port, undefined]) {
        const connection = await connect();
        if (port !== undefined) connection.write(`PROXY TCP4 1.2.3.4 127.0.0.1 5 ${port}\r\n`);
        connection.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        const { status, text } = await connection.response();
        seen.push([status, text]);
        connection.destroy();
      }
      return seen;
    },
    ignoreUpstream: true,
    stats: ["cluster.none.upstream_cx_none_healthy"],
  },
  {
    title: "requests keep to their zone as far as its hosts can take them",
    yaml: httpBootstrap({
      routes: ["ample", "scarce", "small", "forced", "idle"].map((name) => route(name, name)).join(""),
      clusters: [
        cluster("proxies", "", [
          locality("west", [named("p1"), named("p2")]),
          locality("east", [named("p3"), named("p4")]),
        ]),
        cluster("ample", zoneAware("min_cluster_size: 2"), ZONES(3, 1)),
        cluster("scarce", zoneAware("min_cluster_size: 2"), ZONES(1, 3)),
        cluster("small", zoneAware("min_cluster_size: 9"), ZONES(3, 1)),
        cluster(
          "forced",
          typed(
            "random",
            "Random",
            "locality_lb_config: { zone_aware_lb_config: { min_cluster_size: 2, force_local_zone: { min_size: 1 } } }",
          ),
          ZONES(1, 3),
        ),
        cluster("idle", zoneAware("routing_enabled: { value: 0 }, min_cluster_size: 2"), ZONES(3, 1)),
      ].join(""),
      bootstrap: "cluster_manager: { local_cluster_name: proxies }",
    }).replace("{ id: node, cluster: nodes }", "{ id: node, cluster: nodes, locality: { zone: west } }"),
    observe: async (target) => {
      const west: Record<string, unknown> = {};
      const share = (seen: ReadonlyMap<string, number>) =>
        [...seen].reduce((all, [host, part]) => all + (host.startsWith("w") ? part : 0), 0);
      for (const name of ["ample", "scarce", "small", "forced", "idle"]) {
        const round = (seen: ReadonlyMap<string, number>) =>
          [0, 50, 75, 100].find((each) => Math.abs(each - share(seen)) < 8);
        const seen = await settledShares(target, `/${name}`, (draws) => round(draws) !== undefined);
        west[name] = round(seen) ?? share(seen);
      }
      return west;
    },
    stats: ["ample", "scarce", "small", "forced", "idle"].flatMap((name) =>
      ["lb_zone_routing_all_directly", "lb_zone_no_capacity_left"].map((stat) => `cluster.${name}.${stat}`),
    ),
  },
  {
    title: "hosts' own weights hold until weights are first computed, for which a cluster need not be used",
    yaml: httpBootstrap({
      routes: Object.keys(UNREPORTED)
        .map((name) => route(name, name))
        .join(""),
      clusters: Object.entries(UNREPORTED)
        .map(([name, policy]) =>
          cluster(name, policy, [
            one([named("a", ", load_balancing_weight: 3"), named("b", ", load_balancing_weight: 1")]),
          ]),
        )
        .join(""),
    }),
    observe: async (target) => {
      await delay(1_000);
      const seen: Record<string, Readonly<Record<string, number>>> = {};
      for (const name of Object.keys(UNREPORTED))
        seen[name] = Object.fromEntries([...(await shares(target, `/${name}`, 20))].toSorted());
      return seen;
    },
  },
  {
    title: "hosts get turns by their load reports",
    yaml: httpBootstrap({
      routes: route("loaded", "loaded"),
      clusters: cluster(
        "loaded",
        typed(
          "client_side_weighted_round_robin",
          "ClientSideWeightedRoundRobin",
          'blackout_period: 0.1s, weight_update_period: 0.1s, metric_names_for_computing_utilization: ["named_metrics.queue"]',
        ),
        [one([named("a"), named("b", "", "{{upstream2}}")])],
      ),
    }),
    reply: {
      body: "one",
      // What is named comes first.
      headers: [
        [
          "endpoint-load-metrics",
          "TEXT rps_fractional=100,application_utilization=0.1,named_metrics.queue=0.9",
        ],
      ],
    },
    observe: async (target) => {
      target.upstream2.reply({
        body: "two",
        headers: [["endpoint-load-metrics", 'JSON {"rps_fractional":100,"cpu_utilization":0.3}']],
      });
      try {
        const until = Date.now() + 2_500;
        while (Date.now() < until) {
          await target.send({ path: "/loaded" });
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        let ones = 0;
        for (let i = 0; i < 80; i++) if ((await target.send({ path: "/loaded" })).body === "one") ones++;
        return Math.abs(ones - 20) <= 3 ? "a quarter" : ones;
      } finally {
        target.upstream.clear();
        target.upstream2.clear();
        target.upstream2.reply({ body: "two" });
      }
    },
  },
];
