import { envoyConfig, HTTP2_UPSTREAM, tlsChain } from "../envoy-config.ts";
import { runH2load } from "../h2load.ts";
import type { Scenario } from "../scenario.ts";
import { runWrk } from "../wrk.ts";
import { throughputScenario } from "./throughput.ts";

const ENVOY_AND_SLUICE = ["envoy", "sluice"] as const;
const WRK_LATENCIES: Scenario["columns"] = [
  ["p50Ms", "p50 ms", 2],
  ["p99Ms", "p99 ms", 2],
];
const LARGE_UPLOAD = `wrk.method = "POST"\nwrk.body = string.rep("large ", 174763)`;

/** HTTP/1.1 keep-alive over TLS. */
export const tls = throughputScenario({
  name: "h1-tls",
  title: "HTTP/1.1 keep-alive over TLS 1.3, small requests",
  latencies: WRK_LATENCIES,
  contenders: ENVOY_AND_SLUICE,
  ratioWanted: 1.7,
  config: ({ upstreamPort, certificate }) => envoyConfig({ upstreamPort, chain: tlsChain(certificate) }),
  load: ({ port }, seconds, cpu, { connections }) =>
    runWrk({ url: `https://127.0.0.1:${port}/`, seconds, connections, cpu }),
});

/** HTTP/2 over TLS, chosen by ALPN. */
export const h2tls = throughputScenario({
  name: "h2-tls",
  title: "HTTP/2 over TLS 1.3, small requests, 8 connections of 16 streams",
  latencies: [
    ["meanMs", "mean ms", 2],
    ["maxMs", "max ms", 2],
  ],
  contenders: ENVOY_AND_SLUICE,
  ratioWanted: 2,
  config: ({ upstreamPort, certificate }) =>
    envoyConfig({ upstreamPort, chain: tlsChain(certificate, ["h2", "http/1.1"]) }),
  load: ({ port }, seconds, cpu) =>
    runH2load({ url: `https://127.0.0.1:${port}/`, seconds, connections: 8, streams: 16, cpu }),
});

/** From HTTP/1.1 to an upstream that speaks HTTP/2. */
export const h1h2 = throughputScenario({
  name: "h1-h2",
  title: "HTTP/1.1 keep-alive to an HTTP/2 upstream, small requests",
  latencies: WRK_LATENCIES,
  contenders: ENVOY_AND_SLUICE,
  upstream: "http2",
  ratioWanted: 1.3,
  config: ({ upstreamPort }) => envoyConfig({ upstreamPort, cluster: HTTP2_UPSTREAM }),
  load: ({ port }, seconds, cpu, { connections }) =>
    runWrk({ url: `http://127.0.0.1:${port}/`, seconds, connections, cpu }),
});

const FILTERS = "type.googleapis.com/envoy.extensions.filters.http";

/** What a real listener does besides: a JSON access log, header mutation, rate limit, access control, CORS. */
export const chain = throughputScenario({
  name: "chain",
  title: "HTTP/1.1 through a chain: JSON access log to a file, header_mutation, local_ratelimit, rbac, cors",
  latencies: WRK_LATENCIES,
  contenders: ENVOY_AND_SLUICE,
  ratioWanted: 1.3,
  config: ({ upstreamPort, dir }) =>
    envoyConfig({
      upstreamPort,
      hcm: [
        `access_log: [{ name: file, typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: ${dir}/access.log, log_format: { json_format: { start: "%START_TIME%", method: "%REQ(:METHOD)%", path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%", protocol: "%PROTOCOL%", code: "%RESPONSE_CODE%", flags: "%RESPONSE_FLAGS%", details: "%RESPONSE_CODE_DETAILS%", received: "%BYTES_RECEIVED%", sent: "%BYTES_SENT%", duration: "%DURATION%", upstream: "%UPSTREAM_HOST%", id: "%REQ(X-REQUEST-ID)%", agent: "%REQ(USER-AGENT)%" } } } }]`,
      ],
      filters: [
        `{ name: mutation, typed_config: { "@type": ${FILTERS}.header_mutation.v3.HeaderMutation, mutations: { request_mutations: [{ append: { header: { key: x-gateway, value: bench }, append_action: OVERWRITE_IF_EXISTS_OR_ADD } }], response_mutations: [{ remove: server }] } } }`,
        `{ name: limit, typed_config: { "@type": ${FILTERS}.local_ratelimit.v3.LocalRateLimit, stat_prefix: limit, token_bucket: { max_tokens: 10000000, tokens_per_fill: 10000000, fill_interval: 1s }, filter_enabled: { default_value: { numerator: 100 } }, filter_enforced: { default_value: { numerator: 100 } } } }`,
        `{ name: rbac, typed_config: { "@type": ${FILTERS}.rbac.v3.RBAC, rules: { action: DENY, policies: { admin: { permissions: [{ url_path: { path: { prefix: /admin } } }], principals: [{ any: true }] } } } } }`,
        `{ name: cors, typed_config: { "@type": ${FILTERS}.cors.v3.Cors } }`,
      ],
    }),
  load: ({ port }, seconds, cpu, { connections }) =>
    runWrk({ url: `http://127.0.0.1:${port}/shop/cart?item=7`, seconds, connections, cpu }),
});

/** A table in which the request's route is the last of ten thousand. */
export const routes = throughputScenario({
  name: "routes",
  title: "HTTP/1.1, 10,000 prefix routes under one virtual host, the last one asked for",
  latencies: WRK_LATENCIES,
  contenders: ENVOY_AND_SLUICE,
  ratioWanted: 8,
  config: ({ upstreamPort }) =>
    envoyConfig({
      upstreamPort,
      routes: Array.from(
        { length: 10_000 },
        (_, n) => `{ match: { prefix: /service/${n}/ }, route: { cluster: upstream } }`,
      ),
    }),
  load: ({ port }, seconds, cpu, { connections }) =>
    runWrk({ url: `http://127.0.0.1:${port}/service/9999/x`, seconds, connections, cpu }),
});

/** Responses of 1 MiB. */
export const download = throughputScenario({
  name: "download",
  title: "HTTP/1.1, responses of 1 MiB (requests/s are MiB/s)",
  latencies: WRK_LATENCIES,
  contenders: ENVOY_AND_SLUICE,
  upstream: "large",
  ratioWanted: 1,
  load: ({ port }, seconds, cpu) =>
    runWrk({ url: `http://127.0.0.1:${port}/`, seconds, connections: 8, cpu }),
});

/** Requests of 1 MiB. */
export const upload = throughputScenario({
  name: "upload",
  title: "HTTP/1.1, requests of 1 MiB (requests/s are MiB/s)",
  latencies: WRK_LATENCIES,
  contenders: ENVOY_AND_SLUICE,
  ratioWanted: 1,
  load: ({ port }, seconds, cpu) =>
    runWrk({ url: `http://127.0.0.1:${port}/`, seconds, connections: 8, cpu, setup: LARGE_UPLOAD }),
});
