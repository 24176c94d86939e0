import { connectRaw, RawHttp2Client, type RunningProxy, waitFor } from "@sluice/harness";
import { httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { listenersBootstrap } from "../many-listeners.ts";
import { pressPoint, shedding } from "../overload-pressure.ts";

/** What each connection's two requests say of their client; undefined: nothing. */
const USER_AGENTS = [
  ["Some iOS 17", "curl"],
  ["an android thing", "iOS"],
  ["Android", "iOS"],
  ["ios", "iOS"],
  ["iOS android", "android"],
  ["curl", "iOS"],
  [undefined, "iOS"],
] as const;

async function untilActive(proxy: RunningProxy, name: string, count: number): Promise<void> {
  await waitFor(
    `${count} requests`,
    async () => (await proxy.stats()).get(`http.${name}.downstream_rq_active`) === count,
  );
}

async function comeAsClients({ proxy }: Target, name: string): Promise<void> {
  const port = await proxy.listenerPort(name);
  for (const agents of USER_AGENTS) {
    const client = await RawHttp2Client.connect(port);
    for (const [index, agent] of agents.entries()) {
      const stream = 2 * index + 1;
      client.request(stream, "/", agent === undefined ? [] : [["user-agent", agent]]);
      await client.outcome(stream);
    }
    client.destroy();
  }
  const leaving = await RawHttp2Client.connect(port);
  leaving.request(1, "/", [["user-agent", "iOS"]], { method: "POST", endStream: false });
  await untilActive(proxy, name, 1);
  leaving.destroy();
  await untilActive(proxy, name, 0);
  for (const head of [
    "GET / HTTP/1.1\r\nuser-agent: iOS\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: a\r\nuser-agent: a\r\nuser-agent: android\r\n\r\n",
    "GET / HTTP/1.0\r\nhost: a\r\nuser-agent: android\r\n\r\n",
  ]) {
    const connection = await connectRaw(port);
    connection.write(head);
    await connection.response();
    connection.destroy();
  }
}

const ROUTER_POINT = "http_downstream_filter_check";
const LOG = `append_local_overload: true
access_log:
- name: envoy.access_loggers.file
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
    path: "{{dir}}/access.log"
    log_format: { text_format_source: { inline_string: "%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %UPSTREAM_CLUSTER% %ROUTE_NAME%\\n" } }`;
const HTTP = "type.googleapis.com/envoy.extensions.filters.http";

export const STAT_VALUE_CASES: readonly ConformanceCase[] = [
  {
    title: "clients are told apart by what their first request says of them",
    yaml: listenersBootstrap({ main: {}, added: { hcm: "add_user_agent: true" } }),
    ignoreUpstream: true,
    observe: async (target) => {
      for (const name of ["main", "added"]) await comeAsClients(target, name);
      return target.proxy.admin("/stats/prometheus?filter=user_agent.*total");
    },
    stats: ["main", "added"].flatMap((name) =>
      ["ios", "android"].flatMap((kind) =>
        ["downstream_cx_total", "downstream_rq_total", "downstream_cx_destroy_remote_active_rq"].map(
          (stat) => `http.${name}.user_agent.${kind}.${stat}`,
        ),
      ),
    ),
  },
  {
    title: "the router sheds what it would have forwarded, and nothing else",
    files: { pressure: "0.1" },
    yaml: httpBootstrap({
      hcm: LOG,
      bootstrap: shedding(ROUTER_POINT),
      routes: `- { match: { path: /direct }, direct_response: { status: 200 } }
- { match: { path: /redirect }, redirect: { path_redirect: / } }
- { match: { path: /none }, route: { cluster_header: x-cluster } }
- { name: named, match: { path: /added }, route: { cluster: one }, response_headers_to_add: [{ header: { key: x-added, value: added } }] }
- { match: { prefix: /forwarded }, route: { cluster: one } }`,
      httpFilters: `
- { name: mutation, typed_config: { "@type": ${HTTP}.header_mutation.v3.HeaderMutation, mutations: { response_mutations: [{ append: { header: { key: x-mutated, value: mutated } } }] } } }
- { name: router, typed_config: { "@type": ${HTTP}.router.v3.Router } }`,
    }),
    observe: async (target) => {
      await pressPoint(target, "0.9", ROUTER_POINT);
      const responses = [];
      for (const path of ["/direct", "/redirect", "/none", "/added", "/forwarded", "/nowhere"])
        responses.push(await target.send({ path }));
      const headers = [["content-type", "application/grpc"]] as const;
      responses.push(await target.send({ path: "/forwarded", headers: headers.map(([a, b]) => [a, b]) }));
      await pressPoint(target, "0.1", ROUTER_POINT);
      return [...responses, await target.send({ path: "/forwarded" })];
    },
    accessLog: { file: "access.log", lines: 8 },
    stats: [
      `overload.envoy.load_shed_points.${ROUTER_POINT}.shed_load_count`,
      "http.main.rq_overload_local_reply",
      "http.main.downstream_rq_overload_close",
      "http.main.rq_total",
      "http.main.rq_direct_response",
      "http.main.downstream_rq_4xx",
      "http.main.downstream_rq_5xx",
      "cluster.one.upstream_rq_total",
      "cluster.one.upstream_rq_completed",
    ],
  },
];
