import { type HttpBootstrap, httpBootstrap, indent, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import {
  dumpSections,
  foundConfig,
  foundDefault,
  foundDiscovery,
  foundStats,
  replaceFile,
  untilStat,
} from "../xds-files.ts";

const url = (type: string): string => `type.googleapis.com/${type}`;
const HTTP = "envoy.extensions.filters.http";
const HEADER_MUTATION = `${HTTP}.header_mutation.v3.HeaderMutation`;
const BUFFER = `${HTTP}.buffer.v3.Buffer`;
const CODEC_TYPE = `${HTTP}.upstream_codec.v3.UpstreamCodec`;
const CODEC = `- { name: codec, typed_config: { "@type": ${url(CODEC_TYPE)} } }`;

const appends = (value: string): string =>
  `{ append: { header: { key: x-filter, value: ${value} }, append_action: APPEND_IF_EXISTS_OR_ADD } }`;
const adding = (value: string): string =>
  `mutations: { request_mutations: [${appends(value)}], response_mutations: [${appends(value)}] }`;
const added = (version: string, value: string): string =>
  foundConfig(version, HEADER_MUTATION, adding(value));
const byDefault = (value: string): string => foundDefault(HEADER_MUTATION, adding(value));
const BUFFERING = foundConfig("2", BUFFER, "max_request_bytes: 10");

const found = (types: readonly string[], more = ""): string =>
  `- { name: found, config_discovery: ${foundDiscovery(types, more)} }`;

const router = (filters: string): string => `
- name: envoy.filters.http.router
  typed_config:
    "@type": ${url(`${HTTP}.router.v3.Router`)}
    upstream_http_filters:
${indent(filters, 4)}`;
const own = (filters: string): string =>
  staticCluster(
    "own",
    ["{{upstream}}"],
    `typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": ${url("envoy.extensions.upstreams.http.v3.HttpProtocolOptions")}
    explicit_http_config: { http_protocol_options: {} }
    http_filters:
${indent(filters, 4)}`,
  );
const toOwn = (filters: string, parts: HttpBootstrap = {}): string =>
  httpBootstrap({
    routes: `- { match: { prefix: "/" }, route: { cluster: own } }`,
    clusters: own(filters),
    ...parts,
  });

const LOG = `
access_log:
  - name: file
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
      path: "{{dir}}/access.log"
      log_format: { text_format_source: { inline_string: "%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% n=%UPSTREAM_REQUEST_ATTEMPT_COUNT%\\n" } }`;

const UPSTREAM_STATS = foundStats("upstream_http_filter");
const RELOADS = "extension_config_discovery.upstream_http_filter.found.config_reload";
const REJECTED = "extension_config_discovery.upstream_http_filter.found.update_rejected";
const FAILED = "extension_config_discovery.upstream_http_filter.found.update_failure";

export const XDS_UPSTREAM_FILTER_CASES: readonly ConformanceCase[] = [
  {
    title: "a filter before a cluster's hosts comes from a source and changes for tries that follow",
    yaml: toOwn(`${found([HEADER_MUTATION])}\n${CODEC}`),
    files: { "ecds.yaml": added("1", "one") },
    requests: [{ path: "/" }],
    observe: async ({ proxy, send }) => {
      await replaceFile(proxy, "ecds.yaml", added("2", "two"));
      await untilStat(proxy, RELOADS, 2);
      const changed = (await send({ path: "/" })).fields;
      await replaceFile(proxy, "ecds.yaml", added("3", "two"));
      await untilStat(proxy, "extension_config_discovery.upstream_http_filter.found.update_success", 3);
      return { changed, dump: await dumpSections(proxy, ["EcdsConfigDump"]) };
    },
    stats: UPSTREAM_STATS,
  },
  {
    title: "a router's and a connection manager's filter of one name come from one source, each for itself",
    yaml: httpBootstrap({
      httpFilters: `${found([HEADER_MUTATION])}${router(`${found([HEADER_MUTATION, BUFFER])}\n${CODEC}`)}`,
    }),
    files: { "ecds.yaml": added("1", "one") },
    requests: [{ path: "/" }],
    observe: async ({ proxy, send }) => {
      await replaceFile(proxy, "ecds.yaml", BUFFERING);
      await untilStat(proxy, RELOADS, 2);
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
    yaml: toOwn(`${found([HEADER_MUTATION])}\n${CODEC}`),
    files: { "ecds.yaml": added("1", "one") },
    observe: async ({ proxy, send }) => {
      await replaceFile(proxy, "ecds.yaml", BUFFERING);
      await untilStat(proxy, REJECTED, 1);
      const other = (await send({ path: "/" })).fields;
      await replaceFile(proxy, "ecds.yaml", "{ broken");
      await untilStat(proxy, FAILED, 1);
      return [other, (await send({ path: "/" })).fields];
    },
    stats: [...UPSTREAM_STATS, FAILED],
  },
  {
    title: "a cluster's filter has its default configuration where what comes is refused",
    yaml: toOwn(`${found([HEADER_MUTATION], byDefault("default"))}\n${CODEC}`),
    files: { "ecds.yaml": BUFFERING },
    requests: [{ path: "/" }],
    observe: async ({ proxy, send }) => {
      await replaceFile(proxy, "ecds.yaml", added("3", "found"));
      await untilStat(proxy, RELOADS, 1);
      return (await send({ path: "/" })).fields;
    },
    stats: UPSTREAM_STATS,
  },
  {
    title: "a router's filter may have its default configuration without waiting for another one",
    yaml: httpBootstrap({
      httpFilters: router(
        `${found([HEADER_MUTATION], `${byDefault("default")}, apply_default_config_without_warming: true`)}\n${CODEC}`,
      ),
    }),
    files: { "ecds.yaml": "{ broken" },
    requests: [{ path: "/" }],
    observe: async ({ proxy, send }) => {
      await replaceFile(proxy, "ecds.yaml", added("1", "found"));
      await untilStat(proxy, RELOADS, 1);
      return (await send({ path: "/" })).fields;
    },
    stats: [FAILED],
  },
  {
    title:
      "without any configuration of a filter before an upstream requests end with 500 and NFCF, and no other try",
    yaml: toOwn(`${found([HEADER_MUTATION])}\n${CODEC}`, {
      hcm: LOG,
      routes: `
- { match: { prefix: "/" }, route: { cluster: own, retry_policy: { retry_on: 5xx, num_retries: 2 } } }`,
    }),
    files: { "ecds.yaml": BUFFERING },
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
    yaml: httpBootstrap({ httpFilters: router(found([HEADER_MUTATION, CODEC_TYPE])) }),
    files: { "ecds.yaml": foundConfig("1", CODEC_TYPE) },
    requests: [{ path: "/" }],
    observe: async ({ proxy, send }) => {
      await replaceFile(proxy, "ecds.yaml", added("2", "two"));
      await untilStat(proxy, REJECTED, 1);
      return (await send({ path: "/" })).status;
    },
    stats: UPSTREAM_STATS,
  },
  {
    title:
      "a disabled filter from a source before an upstream is turned on by a route, and configured by another",
    yaml: toOwn(
      `- { name: found, disabled: true, ${found([HEADER_MUTATION]).replace("- { name: found, ", "")}\n${CODEC}`,
      {
        routes: `
- match: { path: /on }
  typed_per_filter_config: { found: { "@type": ${url("envoy.config.route.v3.FilterConfig")}, config: {} } }
  route: { cluster: own }
- match: { path: /more }
  typed_per_filter_config:
    found:
      "@type": ${url("envoy.config.route.v3.FilterConfig")}
      config: { "@type": ${url(`${HTTP}.header_mutation.v3.HeaderMutationPerRoute`)}, mutations: { response_mutations: [${appends("route")}] } }
  route: { cluster: own }
- { match: { prefix: "/" }, route: { cluster: own } }`,
      },
    ),
    files: { "ecds.yaml": added("1", "one") },
    requests: [{ path: "/" }, { path: "/on" }, { path: "/more" }],
  },
];
