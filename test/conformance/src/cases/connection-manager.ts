import type { RunningProxy } from "@sluice/harness";
import { httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { askListeners, type ListenerParts, listenersBootstrap } from "../many-listeners.ts";
import { readLagging } from "../read-lagging.ts";

const FORWARDED: CaseRequest[] = [
  { path: "/none" },
  { path: "/one", headers: [["x-forwarded-for", "10.1.2.3"]] },
  { path: "/two", headers: [["x-forwarded-for", "1.2.3.4, 10.0.0.1"]] },
  { path: "/bad", headers: [["x-forwarded-for", "1.2.3.4, junk"]] },
  { path: "/empty", headers: [["x-forwarded-for", ""]] },
  {
    path: "/v6",
    headers: [
      ["x-forwarded-for", "fd00::1"],
      ["x-client", "9.8.7.6"],
    ],
  },
  {
    path: "/x",
    headers: [
      ["x-forwarded-proto", "HTTPS"],
      ["x-forwarded-port", "77"],
      ["x-envoy-internal", "true"],
      ["x-envoy-external-address", "9.9.9.9"],
      ["x-envoy-retry-on", "5xx"],
      ["x-envoy-max-retries", "3"],
      ["x-envoy-upstream-rq-timeout-ms", "5000"],
      ["x-envoy-decorator-operation", "o"],
      ["x-envoy-downstream-service-cluster", "c"],
      ["x-envoy-downstream-service-node", "n"],
      ["x-envoy-original-path", "/p"],
      ["x-envoy-original-host", "h"],
      ["x-envoy-ip-tags", "t"],
      ["x-envoy-force-trace", "1"],
      ["x-envoy-other", "kept"],
      ["x-client", "junk"],
      ["referer", "http://a.test/x"],
      ["x-forwarded-client-cert", "Hash=1"],
    ],
  },
  { path: "/ref1", headers: [["referer", "/relative"]] },
  { path: "/ref2", headers: [["referer", "no uri"]] },
  { path: "/ref3", headers: [["referer", "https://a.test:x/"]] },
  { path: "/v6-10", headers: [["x-forwarded-for", "fd00::1, 10.0.0.1"]] },
  { path: "/10-10", headers: [["x-forwarded-for", "10.0.0.2, 10.0.0.1"]] },
  { path: "/port", headers: [["x-forwarded-for", "10.0.0.2:80"]] },
];

const CLIENT = `- match: { prefix: "/" }
  route: { cluster: one }
  request_headers_to_add: [{ header: { key: x-seen-client, value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" } }]`;

const INTERNAL =
  "internal_address_config: { cidr_ranges: [{ address_prefix: 10.0.0.0, prefix_len: 8 }, { address_prefix: 127.0.0.0, prefix_len: 8 }, { address_prefix: 'fd00::', prefix_len: 8 }] }";
const XFF = "type.googleapis.com/envoy.extensions.http.original_ip_detection.xff.v3.XffConfig";
const CUSTOM =
  "type.googleapis.com/envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig";

const detection = (...configs: string[]): string =>
  `original_ip_detection_extensions:\n${configs
    .map((config, i) => `  - { name: d${i}, typed_config: { ${config} } }`)
    .join("\n")}`;

const HCMS: Readonly<Record<string, string>> = {
  main: "",
  edge: `use_remote_address: true\n${INTERNAL}\nappend_x_forwarded_port: true`,
  edge_hops: `use_remote_address: true\n${INTERNAL}\nappend_x_forwarded_port: true\nxff_num_trusted_hops: 1\nskip_xff_append: true`,
  inside: `${INTERNAL}\nappend_x_forwarded_port: true\nadd_user_agent: true`,
  inside_hops: `${INTERNAL}\nxff_num_trusted_hops: 1`,
  by_xff: `${INTERNAL}\n${detection(`"@type": ${XFF}, xff_num_trusted_hops: 1, skip_xff_append: false`)}`,
  by_cidrs: `${INTERNAL}\n${detection(
    `"@type": ${XFF}, xff_trusted_cidrs: { cidrs: [{ address_prefix: 127.0.0.0, prefix_len: 8 }, { address_prefix: 10.0.0.0, prefix_len: 8 }] }`,
  )}`,
  by_header: `${INTERNAL}\n${detection(`"@type": ${CUSTOM}, header_name: X-Client, allow_extension_to_set_address_as_trusted: true`, `"@type": ${XFF}`)}`,
  or_reject: detection(
    `"@type": ${CUSTOM}, header_name: x-client, reject_with_status: { code: Unauthorized }`,
  ),
  https: "scheme_header_transformation: { scheme_to_overwrite: https }",
  certs: "forward_client_cert_details: ALWAYS_FORWARD_ONLY",
  early: `early_header_mutation_extensions:
  - name: envoy.http.early_header_mutation.header_mutation
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation
      mutations:
        - { append: { header: { key: x-forwarded-for, value: 10.7.7.7 }, append_action: OVERWRITE_IF_EXISTS_OR_ADD } }
        - { remove: x-envoy-other }
        - { append: { header: { key: x-copy, value: "%REQ(x-client)%" } } }
${INTERNAL}`,
};

const listeners: Readonly<Record<string, ListenerParts>> = Object.fromEntries(
  Object.entries(HCMS).map(([name, hcm]) => [name, { hcm, routes: CLIENT }]),
);

const PHRASED = [
  201, 203, 207, 208, 226, 299, 300, 305, 306, 402, 413, 414, 416, 418, 421, 422, 425, 426, 428, 431, 451,
  499, 501, 505, 506, 507, 508, 509, 510, 511, 599,
];

const FILTERS = "type.googleapis.com/envoy.extensions.filters.http";

/** `[value, samples]` of how often requests looked for their routes, once `samples` requests have been merged. */
async function waitForSamples(proxy: RunningProxy, samples: number): Promise<unknown> {
  const read = async () => {
    const text = await proxy.admin("/stats?filter=route_resolutions&histogram_buckets=detailed&format=json");
    const totals = /"totals":(\[[^\]]*\])/.exec(text)?.[1] ?? "";
    return [...totals.matchAll(/"lower_bound":([\d.]+).*?"count":(\d+)/g)].map(
      ([, value = "", count]) => [value, Number(count)] as const,
    );
  };
  return readLagging(read, (seen) => seen.reduce((sum, [, count]) => sum + count, 0) >= samples, {
    deadlineMs: 10_000,
  });
}

export const CONNECTION_MANAGER_CASES: readonly ConformanceCase[] = [
  {
    title: "who a request comes from, and what it may say of itself",
    yaml: listenersBootstrap(listeners),
    observe: async (target) => askListeners(target, Object.keys(listeners), FORWARDED),
  },
  {
    title: "reason phrases are Envoy's",
    yaml: listenersBootstrap({
      main: {
        routes: PHRASED.map(
          (status) => `- { match: { path: "/${status}" }, direct_response: { status: ${status} } }`,
        ).join("\n"),
      },
    }),
    requests: PHRASED.map((status) => ({ path: `/${status}` })),
  },
  {
    title: "how often a request looks for its route, by a histogram",
    yaml: httpBootstrap({
      hcm: "record_route_resolution_stats: true\npath_with_escaped_slashes_action: REJECT_REQUEST",
      httpFilters: `- { name: clear, typed_config: { "@type": ${FILTERS}.set_filter_state.v3.Config, on_request_headers: [{ object_key: envoy.string, format_string: { text_format_source: { inline_string: x } } }], clear_route_cache: true } }
- { name: router, typed_config: { "@type": ${FILTERS}.router.v3.Router } }`,
      routes: `- { match: { prefix: "/direct" }, direct_response: { status: 200 } }
- { match: { prefix: "/redirected" }, route: { cluster: one, internal_redirect_policy: {} } }
- { match: { prefix: "/to" }, route: { cluster: one } }`,
      bootstrap: "stats_flush_interval: 0.1s",
    }),
    reply: ({ target }) =>
      target === "/redirected"
        ? { status: 302, headers: [["location", "http://example.test/to"]] }
        : { body: "one" },
    requests: [
      ...["/to", "/direct", "/none", "/redirected", "/a%2Fb"].map((path) => ({ path })),
      { path: "/unread", headers: [["transfer-encoding", "gzip"]] },
    ],
    observe: ({ proxy }) => waitForSamples(proxy, 7),
  },
];
