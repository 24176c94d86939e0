import { waitFor } from "@sluice/harness";
import { httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { orcaService, refuseCall, reportEvery } from "../orca-service.ts";

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

const GRPC = { ":status": 200, "content-type": "application/grpc" };
const ODD = orcaService({
  unimplemented: refuseCall(12),
  unavailable: refuseCall(14),
  done: refuseCall(0),
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
  silent: (stream) => stream.respond(GRPC),
  compressed: (stream) => {
    stream.respond(GRPC);
    stream.write(Buffer.from([1, 0, 0, 0, 1, 0]));
  },
  broken: (stream) => {
    stream.respond(GRPC);
    stream.write(Buffer.from([0, 0, 0, 0, 2, 0x09, 1]));
  },
  huge: (stream) => {
    stream.respond(GRPC);
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
];
