import {
  EXPLICIT_HTTP1,
  fileLog,
  type HttpBootstrap,
  httpBootstrap,
  httpOptions,
  indent,
  staticCluster,
} from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import {
  appended,
  BUFFER,
  foundBuffer,
  foundConfig,
  foundHttpFilter,
  foundMark,
  foundObservations,
  foundStats,
  HEADER_MUTATION,
  markedByDefault,
  putFound,
} from "../found-filter.ts";
import { dumpSections, untilStat } from "../xds-files.ts";

const url = (type: string): string => `type.googleapis.com/${type}`;
const HTTP = "envoy.extensions.filters.http";
const CODEC_TYPE = `${HTTP}.upstream_codec.v3.UpstreamCodec`;
const CODEC = `- { name: codec, typed_config: { "@type": ${url(CODEC_TYPE)} } }`;

const router = (filters: string): string => `
- name: envoy.filters.http.router
  typed_config:
    "@type": ${url(`${HTTP}.router.v3.Router`)}
    upstream_http_filters:
${indent(filters, 4)}`;
const own = (filters: string): string =>
  staticCluster("own", ["{{upstream}}"], httpOptions(`${EXPLICIT_HTTP1}\nhttp_filters:\n${filters}`));
const toOwn = (filters: string, parts: HttpBootstrap = {}): string =>
  httpBootstrap({
    routes: `- { match: { prefix: "/" }, route: { cluster: own } }`,
    clusters: own(filters),
    ...parts,
  });

const LOG = `
access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% n=%UPSTREAM_REQUEST_ATTEMPT_COUNT%")}`;

const UPSTREAM_STATS = foundStats("upstream_http_filter");
const { changes, refusals, arrival, misplaced } = foundObservations("upstream_http_filter");

export const XDS_UPSTREAM_FILTER_CASES: readonly ConformanceCase[] = [
  {
    title: "a filter before a cluster's hosts comes from a source and changes for tries that follow",
    yaml: toOwn(`${foundHttpFilter()}\n${CODEC}`),
    files: { "ecds.yaml": foundMark("1", "one") },
    requests: [{ path: "/" }],
    observe: changes,
    stats: UPSTREAM_STATS,
  },
  {
    title: "a router's and a connection manager's filter of one name come from one source, each for itself",
    yaml: httpBootstrap({
      httpFilters: `${foundHttpFilter()}${router(`${foundHttpFilter([HEADER_MUTATION, BUFFER])}\n${CODEC}`)}`,
    }),
    files: { "ecds.yaml": foundMark("1", "one") },
    requests: [{ path: "/" }],
    observe: async ({ proxy, send }) => {
      await putFound(proxy, "upstream_http_filter", foundBuffer("2"), ["config_reload", 2]);
      await untilStat(proxy, "extension_config_discovery.http_filter.found.update_rejected", 1);
      const responses = [
        await send({ path: "/" }),
        await send({ path: "/", method: "POST", body: "x".repeat(20) }),
      ];
      return { responses, dump: await dumpSections(proxy, ["EcdsConfigDump"]) };
    },
    stats: [...UPSTREAM_STATS, ...foundStats("http_filter")],
  },
  {
    title: "a configuration that a cluster's filter may not have leaves the one before in force",
    yaml: toOwn(`${foundHttpFilter()}\n${CODEC}`),
    files: { "ecds.yaml": foundMark("1", "one") },
    observe: refusals,
    stats: UPSTREAM_STATS,
  },
  {
    title: "a cluster's filter has its default configuration where what comes is refused",
    yaml: toOwn(`${foundHttpFilter([HEADER_MUTATION], markedByDefault)}\n${CODEC}`),
    files: { "ecds.yaml": foundBuffer("1") },
    requests: [{ path: "/" }],
    observe: arrival,
    stats: UPSTREAM_STATS,
  },
  {
    title: "a router's filter may have its default configuration without waiting for another one",
    yaml: httpBootstrap({
      httpFilters: router(
        `${foundHttpFilter([HEADER_MUTATION], `${markedByDefault}, apply_default_config_without_warming: true`)}\n${CODEC}`,
      ),
    }),
    files: { "ecds.yaml": "{ broken" },
    requests: [{ path: "/" }],
    observe: arrival,
    stats: UPSTREAM_STATS,
  },
  {
    title:
      "without any configuration of a filter before an upstream requests end with 500 and NFCF, and no other try",
    yaml: toOwn(`${foundHttpFilter()}\n${CODEC}`, {
      hcm: LOG,
      routes: `
- { match: { prefix: "/" }, route: { cluster: own, retry_policy: { retry_on: 5xx, num_retries: 2 } } }`,
    }),
    files: { "ecds.yaml": foundBuffer("1") },
    requests: [{ path: "/" }, { path: "/post", method: "POST", body: "abc" }],
    stats: [
      ...UPSTREAM_STATS,
      "http.main.downstream_rq_5xx",
      "cluster.own.upstream_rq_retry",
      "cluster.own.upstream_rq_total",
      "cluster.own.upstream_rq_500",
    ],
    accessLog: { file: "access.log", lines: 2 },
  },
  {
    title: "a router's codec may come from a source, and nothing else in its place",
    yaml: httpBootstrap({ httpFilters: router(foundHttpFilter([HEADER_MUTATION, CODEC_TYPE])) }),
    files: { "ecds.yaml": foundConfig("1", CODEC_TYPE) },
    requests: [{ path: "/" }],
    observe: misplaced,
    stats: UPSTREAM_STATS,
  },
  {
    title:
      "a disabled filter from a source before an upstream is turned on by a route, and configured by another",
    yaml: toOwn(
      `- { name: found, disabled: true, ${foundHttpFilter().replace("- { name: found, ", "")}\n${CODEC}`,
      {
        routes: `
- match: { path: /on }
  typed_per_filter_config: { found: { "@type": ${url("envoy.config.route.v3.FilterConfig")}, config: {} } }
  route: { cluster: own }
- match: { path: /more }
  typed_per_filter_config:
    found:
      "@type": ${url("envoy.config.route.v3.FilterConfig")}
      config: { "@type": ${url(`${HTTP}.header_mutation.v3.HeaderMutationPerRoute`)}, mutations: { response_mutations: [${appended("route")}] } }
  route: { cluster: own }
- { match: { prefix: "/" }, route: { cluster: own } }`,
      },
    ),
    files: { "ecds.yaml": foundMark("1", "one") },
    requests: [{ path: "/" }, { path: "/on" }, { path: "/more" }],
  },
];
