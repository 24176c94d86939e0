import { ATTEMPTS_TOLD, fileLog, httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const TYPES = "type.googleapis.com/envoy.extensions";

const FILTERS = `
- name: envoy.filters.http.fault
  typed_config: { "@type": ${TYPES}.filters.http.fault.v3.HTTPFault, abort: { header_abort: {}, percentage: { numerator: 100 } } }
- name: envoy.filters.http.compressor
  typed_config:
    "@type": ${TYPES}.filters.http.compressor.v3.Compressor
    response_direction_config: { common_config: { min_content_length: 30 }, status_header_enabled: true }
    compressor_library: { name: gzip, typed_config: { "@type": ${TYPES}.compression.gzip.compressor.v3.Gzip } }
- name: envoy.filters.http.router
  typed_config: { "@type": ${TYPES}.filters.http.router.v3.Router }`;

export const HEADER_PREFIX_CASES: readonly ConformanceCase[] = [
  {
    title:
      "the names of Envoy's own headers begin as header_prefix says, those of x-envoy- mean nothing then",
    yaml: httpBootstrap({
      bootstrap: "header_prefix: x-acme",
      hcm: `add_user_agent: true
access_log: ${fileLog("%REQ(X-ACME-ORIGINAL-PATH)% %REQ(X-ENVOY-ORIGINAL-PATH)% %PATH(WQ:ORIG)% %RESPONSE_CODE_DETAILS%")}`,
      httpFilters: FILTERS,
      virtualHost: ATTEMPTS_TOLD,
      routes: `- { match: { prefix: "/rewrite" }, route: { cluster: one, prefix_rewrite: "/new", host_rewrite_literal: other.test, append_x_forwarded_host: true } }
- { match: { prefix: "/dead" }, route: { cluster: dead } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    reply: {
      body: "one",
      headers: [
        ["x-envoy-upstream-canary", "true"],
        ["x-envoy-decorator-operation", "kept"],
      ],
    },
    requests: [
      { path: "/plain" },
      { path: "/rewrite/x" },
      {
        path: "/asked",
        headers: [
          ["x-envoy-upstream-rq-timeout-ms", "7"],
          ["x-acme-upstream-rq-timeout-ms", "70000"],
          ["x-envoy-internal", "true"],
          ["x-acme-internal", "true"],
          ["x-envoy-retry-on", "5xx"],
        ],
      },
      {
        path: "/dead/retried",
        headers: [
          ["x-acme-retry-on", "connect-failure"],
          ["x-acme-max-retries", "2"],
        ],
      },
      {
        path: "/dead/not-retried",
        headers: [
          ["x-envoy-retry-on", "connect-failure"],
          ["x-envoy-max-retries", "2"],
        ],
      },
      { path: "/fault", headers: [["x-acme-fault-abort-request", "419"]] },
      { path: "/no-fault", headers: [["x-envoy-fault-abort-request", "419"]] },
    ],
    accessLog: { file: "access.log", lines: 7 },
    stats: [
      "cluster.dead.upstream_rq_retry",
      "cluster.one.canary.upstream_rq_200",
      "cluster.one.internal.upstream_rq_200",
      "cluster.one.upstream_rq_200",
    ],
  },
  {
    title: "behind header_prefix a request from outside loses what only the inside may say",
    yaml: httpBootstrap({
      bootstrap: "header_prefix: X-Acme",
      hcm: "use_remote_address: true\nxff_num_trusted_hops: 1",
    }),
    requests: ["8.8.8.8", "10.0.0.1"].map((client) => ({
      path: `/${client}`,
      headers: [
        ["x-forwarded-for", client],
        ["x-acme-internal", "true"],
        ["x-acme-external-address", "1.2.3.4"],
        ["x-acme-original-path", "/made-up"],
        ["x-acme-max-retries", "3"],
        ["x-acme-force-trace", "true"],
        ["x-envoy-force-trace", "true"],
        ["x-envoy-internal", "true"],
      ],
    })),
  },
];
