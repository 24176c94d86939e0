import { TestCertificates, waitFor } from "@sluice/harness";
import { httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { GRPC_HEAD, refuseCall } from "../grpc-call.ts";
import { orcaService, reportEvery } from "../orca-service.ts";

const POLICY = "envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3";

function host(name: string, port: string): string {
  const hostname = name === "" ? "" : `hostname: ${name}, `;
  return `{ endpoint: { ${hostname}address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } }`;
}

function weighted(name: string, settings: string, hosts: readonly string[], more = ""): string {
  return `
- name: ${name}
  type: STATIC
  connect_timeout: 1s
  load_balancing_policy: { policies: [{ typed_extension_config: { name: lb, typed_config: { "@type": type.googleapis.com/${POLICY}.ClientSideWeightedRoundRobin, blackout_period: 0s, weight_update_period: 0.1s, ${settings} } } }] }
  load_assignment: { cluster_name: ${name}, endpoints: [{ lb_endpoints: [${hosts.join(", ")}] }] }
  ${more}`;
}

const RPS = 6;
const APPLICATION = 9;

/** Of `requests` to `path`, how many got the first upstream's answer. */
async function firstOf(target: Target, path: string, requests: number): Promise<number> {
  let first = 0;
  for (let i = 0; i < requests; i++) if ((await target.send({ path })).body === "one") first++;
  return first;
}

const USUAL = orcaService({
  light: reportEvery(100, { [RPS]: 100, [APPLICATION]: 0.2 }),
  heavy: reportEvery(100, { [RPS]: 100, [APPLICATION]: 0.8 }),
});

const ODD = orcaService({
  unimplemented: (stream) => refuseCall(stream, 12),
  unavailable: (stream) => refuseCall(stream, 14),
  done: (stream) => refuseCall(stream, 0),
  missing: (stream) => stream.respond({ ":status": 404 }, { endStream: true }),
  sick: (stream) => stream.respond({ ":status": 503 }, { endStream: true }),
  page: (stream) => {
    stream.respond({ ":status": 200, "content-type": "text/html" });
    stream.end("<p>");
  },
  lost: (stream) => {
    stream.respond({ ":status": 404, "content-type": "text/html" });
    stream.end("<p>");
  },
  silent: (stream) => stream.respond(GRPC_HEAD),
  compressed: (stream) => {
    stream.respond(GRPC_HEAD);
    stream.write(Buffer.from([1, 0, 0, 0, 1, 0]));
  },
  broken: (stream) => {
    stream.respond(GRPC_HEAD);
    stream.write(Buffer.from([0, 0, 0, 0, 2, 0x09, 1]));
  },
  huge: (stream) => {
    stream.respond(GRPC_HEAD);
    stream.write(Buffer.from([0, 0, 1, 0, 1]));
  },
  empty: reportEvery(100, {}),
  idle: reportEvery(100, { [APPLICATION]: 0.5 }),
});
const ODD_HOSTS = [
  ...[
    "unimplemented",
    "unavailable",
    "done",
    "missing",
    "sick",
    "page",
    "lost",
    "silent",
    "compressed",
    "broken",
  ],
  ...["huge", "empty", "idle"],
];

const certificates = TestCertificates.ofProcess();
const authority = certificates.create("orca-authority", { ca: true });
const certificate = certificates.create("orca", { names: "DNS:orca.test", issuer: authority });
const stranger = certificates.create("orca-stranger", { ca: true });

const load = reportEvery(100, { [RPS]: 100, [APPLICATION]: 0.5 });
const SECURE = orcaService(
  {
    "same.test": load,
    "chosen.test": load,
    "offering.test": load,
    "distrustful.test": load,
    "tall.test": load,
  },
  { cert: certificate.certificate, key: certificate.key },
);

const tls = (fields: string): string =>
  `{ name: tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, ${fields} } }`;
const trusting = (trusted: string, more = ""): string =>
  `common_tls_context: { validation_context: { trusted_ca: { inline_string: ${JSON.stringify(trusted)} } }${more} }`;
const HTTP2 = `typed_extension_protocol_options: { envoy.extensions.upstreams.http.v3.HttpProtocolOptions: { "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: { http2_protocol_options: {} } } }`;

/** By the cluster's name: its own fields, and those of `oob_reporting_config`. */
const OVER_TLS: Readonly<Record<string, readonly [more: string, reporting: string]>> = {
  same: [`transport_socket: ${tls(`sni: same.orca, ${trusting(authority.certificate)}`)}`, ""],
  chosen: [
    `transport_socket_matches: [{ name: secure, match: { reports: secure }, transport_socket: ${tls("sni: chosen.orca")} }]`,
    ", transport_socket_match_criteria: { reports: secure }",
  ],
  offering: [
    `transport_socket: ${tls(`sni: offering.orca, ${trusting(authority.certificate, ', alpn_protocols: ["http/1.1", h2]')}`)}`,
    "",
  ],
  distrustful: [`transport_socket: ${tls(`sni: orca.test, ${trusting(stranger.certificate)}`)}`, ""],
  tall: [`transport_socket: ${tls("sni: tall.orca")}\n  ${HTTP2}`, ""],
};

const stat = (cluster: string, name: string): string => `cluster.${cluster}.lb_orca_oob.${name}`;

export const ORCA_CASES: readonly ConformanceCase[] = [
  {
    title: "hosts are asked for load reports beside requests, and get requests by them",
    tcp: USUAL.onSocket,
    ignoreUpstream: true,
    yaml: httpBootstrap({
      routes: `- { match: { prefix: / }, route: { cluster: asked } }`,
      clusters: weighted(
        "asked",
        "enable_oob_load_report: true, oob_reporting_period: 0.25s, oob_reporting_config: { port_value: {{tcp}} }",
        [host("light", "{{upstream}}"), host("heavy", "{{upstream2}}")],
      ),
    }),
    observe: async (target) => {
      const seen = await waitFor("requests by load", async () => {
        const first = await firstOf(target, "/", 50);
        return Math.abs(first - 40) <= 3 ? "four of five" : undefined;
      });
      const counts = await target.proxy.stats("lb_orca_oob");
      const asked = Object.fromEntries([...USUAL.asked].toSorted());
      USUAL.forget();
      return {
        seen,
        asked,
        received: (counts.get(stat("asked", "reports_received")) ?? 0) >= 2,
        names: [...counts.keys()].toSorted(),
      };
    },
    stats: ["active_sessions", "stream_failures", "stream_terminated", "report_errors"].map((name) =>
      stat("asked", name),
    ),
  },
  {
    title: "a host that cannot report load is asked again, unless it says that it never will",
    tcp: ODD.onSocket,
    ignoreUpstream: true,
    yaml: httpBootstrap({
      routes: `- { match: { prefix: / }, route: { cluster: odd } }`,
      clusters:
        weighted(
          "odd",
          "enable_oob_load_report: true, oob_reporting_period: 0.2s, oob_reporting_config: { port_value: {{tcp}} }",
          ODD_HOSTS.map((name, i) => host(name, String(i + 1))),
        ) +
        weighted("silent", "oob_reporting_period: 0.2s, oob_reporting_config: { port_value: {{tcp}} }", [
          host("unasked", "{{upstream}}"),
        ]) +
        weighted(
          "named",
          'enable_oob_load_report: true, oob_reporting_period: 0.2s, oob_reporting_config: { port_value: {{tcp}}, authority: "a:1" }',
          [host("", "{{upstream}}")],
        ),
    }),
    observe: async (target) => {
      const again = [
        "a:1",
        "empty",
        "unavailable",
        "done",
        "sick",
        "page",
        "silent",
        "compressed",
        "broken",
        "huge",
      ];
      await waitFor("hosts to be asked again", async () => {
        const counts = await target.proxy.stats("lb_orca_oob");
        return (
          again.every((name) => (ODD.times.get(name) ?? 0) > 1) &&
          (counts.get(stat("odd", "report_errors")) ?? 0) > 2
        );
      });
      const counts = await target.proxy.stats("lb_orca_oob");
      const asked = Object.fromEntries(
        [...ODD.times].map(([name, times]) => [name, times > 1 ? "again" : "once"] as const).toSorted(),
      );
      ODD.forget();
      return {
        asked,
        failures: (counts.get(stat("odd", "stream_failures")) ?? 0) >= again.length,
        others: [...counts.keys()].filter((name) => name.startsWith("cluster.silent.")),
      };
    },
    stats: ["active_sessions", "stream_terminated"].map((name) => stat("odd", name)),
  },
  {
    title: "hosts are asked for load reports over TLS, by the cluster's own socket or one that is chosen",
    tcp: SECURE.onSocket,
    ignoreUpstream: true,
    yaml: httpBootstrap({
      clusters: Object.entries(OVER_TLS)
        .map(([name, [more, reporting]]) =>
          weighted(
            name,
            `enable_oob_load_report: true, oob_reporting_period: 0.2s, oob_reporting_config: { port_value: {{tcp}}${reporting} }`,
            [host(`${name}.test`, "{{upstream}}")],
            more,
          ),
        )
        .join(""),
    }),
    observe: async (target) => {
      const seen: Record<string, boolean> = {};
      await waitFor(
        "reports and failures",
        async () => {
          const counts = await target.proxy.stats("lb_orca_oob");
          for (const name of Object.keys(OVER_TLS)) {
            seen[`${name} reports`] = (counts.get(stat(name, "reports_received")) ?? 0) > 1;
            seen[`${name} fails`] = (counts.get(stat(name, "stream_failures")) ?? 0) > 0;
          }
          return Object.keys(OVER_TLS).every((name) => seen[`${name} reports`] || seen[`${name} fails`]);
        },
        { deadlineMs: 5_000, intervalMs: 50 },
      ).catch(() => {});
      const asked = Object.fromEntries([...SECURE.asked].toSorted());
      SECURE.forget();
      return { seen, asked };
    },
    stats: Object.keys(OVER_TLS).map((name) => stat(name, "active_sessions")),
  },
];
