import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { connectRaw, type RunningProxy, waitFor } from "@sluice/harness";
import { bothProtocolsPeer } from "../both-protocols-peer.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { discovered, fileSource, replaceFile, untilStat } from "../xds-files.ts";

const saw: string[] = [];
const arrived = new Set<string>();
const OPTIONS = (version: string): string =>
  `typed_extension_protocol_options: { envoy.extensions.upstreams.http.v3.HttpProtocolOptions: { "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: { ${version}_protocol_options: {} } } }`;
const ADDRESS = "127.0.0.1, port_value: {{tcp}}";
const cluster = (name: string, version: string, more = ""): string =>
  `name: ${name}, type: EDS, connect_timeout: 1s, eds_cluster_config: { eds_config: ${fileSource(`${name}.yaml`)} }, ${OPTIONS(version)}${more}`;
const endpoints = (name: string, addresses: readonly string[]): string =>
  discovered("1", "envoy.config.endpoint.v3.ClusterLoadAssignment", [
    `cluster_name: ${name}, endpoints: [{ lb_endpoints: [${addresses.map((a) => `{ endpoint: { address: { socket_address: { address: ${a} } } }${a.startsWith("127.0.0.2") ? ", health_status: UNHEALTHY" : ""} }`).join(", ")}] }]`,
  ]);
const cds = (version: string, ...clusters: string[]): string =>
  discovered(version, "envoy.config.cluster.v3.Cluster", clusters);
const LOG = (name: string) =>
  `access_log: [{ name: file, typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: "{{dir}}/access.log", log_format: { text_format_source: { inline_string: "${name} %PROTOCOL% %REQ(:path)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS%\\n" } } } }]`;

const yaml = `
node: { id: node, cluster: nodes }
dynamic_resources: { cds_config: ${fileSource("cds.yaml")} }
static_resources:
  listeners:
  - name: main
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: main
          upgrade_configs: [{ upgrade_type: websocket }]
          ${LOG("http")}
          route_config:
            validate_clusters: false
            virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: "/u1" }, route: { cluster: u1 } }, { match: { prefix: "/u2" }, route: { cluster: u2 } }] }]
          http_filters: [{ name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }]
  - name: tcp
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - { name: tcp, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: tcp, cluster: t, ${LOG("tcp")} } }
`;

function changes(
  title: string,
  more: string,
  change: (proxy: RunningProxy) => Promise<void>,
): ConformanceCase {
  const list = [cluster("u1", "http", more), cluster("u2", "http2", more), cluster("t", "http", more)];
  return {
    title,
    yaml,
    files: {
      "cds.yaml": cds("1", ...list),
      ...Object.fromEntries(["u1", "u2", "t"].map((name) => [`${name}.yaml`, endpoints(name, [ADDRESS])])),
    },
    ignoreUpstream: true,
    tcp: bothProtocolsPeer((what) => saw.push(what), arrived),
    observe: async ({ proxy, port }) => {
      saw.length = 0;
      const [h1, h2] = [await connectRaw(port), await connectRaw(port)];
      const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
      // One idle connection of each, and one with a request on its way.
      for (const [client, up] of [
        [h1, "u1"],
        [h2, "u2"],
      ] as const) {
        client.write(get(`/${up}/late`));
        await client.response();
      }
      const idle = await connectRaw(port);
      const other = await connectRaw(port);
      const post = (path: string) => `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n01234`;
      idle.write(post("/u1/busy/late"));
      other.write(post("/u2/busy/late"));
      await waitFor("requests", () => arrived.has("/u1/busy/late") && arrived.has("/u2/busy/late"));
      const session = await connectRaw(await proxy.listenerPort("tcp"));
      session.write("GET /t/early HTTP/1.1\r\n\r\n");
      await session.reader.until("0123456789");
      await change(proxy);
      await wait(300);
      const ends: unknown[] = [];
      for (const client of [idle, other]) {
        client.write("56789");
        ends.push(
          await client.response().then(
            (r) => [r.status, r.text, r.header("connection")],
            (e) => String(e),
          ),
        );
      }
      await wait(100);
      ends.push([session.socket.readableEnded]);
      for (const client of [h1, h2]) {
        client.write(get("/u1/late"));
        ends.push(
          await client.response().then(
            (r) => [r.status, r.text],
            (e) => String(e),
          ),
        );
      }
      for (const c of [h1, h2, idle, other, session]) c.destroy();
      arrived.clear();
      return { ends, saw: saw.splice(0).sort() };
    },
    stats: [
      ...["u1", "u2", "t"].flatMap((name) =>
        [
          "upstream_cx_destroy",
          "upstream_cx_destroy_local",
          "upstream_cx_destroy_local_with_active_rq",
          "upstream_rq_tx_reset",
          "upstream_rq_rx_reset",
          "upstream_cx_total",
          "upstream_cx_close_notify",
          "membership_total",
          "membership_change",
        ].map((s) => `cluster.${name}.${s}`),
      ),
      ...["cluster_added", "cluster_modified", "cluster_removed", "active_clusters", "warming_clusters"].map(
        (n) => `cluster_manager.${n}`,
      ),
    ],
    accessLog: { file: "access.log", lines: 7 },
  };
}

const all = ["u1", "u2", "t"];
const members = async (proxy: RunningProxy, count: number) => {
  for (const name of all) await untilStat(proxy, `cluster.${name}.membership_total`, count);
};
const without = async (proxy: RunningProxy, addresses: readonly string[]) => {
  for (const name of all) await replaceFile(proxy, `${name}.yaml`, endpoints(name, addresses));
  await members(proxy, addresses.length);
};

export const CHANGE_CASES: readonly ConformanceCase[] = [
  changes(
    "requests under way to clusters that are removed are answered, and TCP sessions end",
    "",
    async (proxy) => {
      await replaceFile(proxy, "cds.yaml", cds("2"));
      await untilStat(proxy, "cluster_manager.cluster_removed", 3);
    },
  ),
  changes("requests under way to clusters that are replaced are answered", "", async (proxy) => {
    await replaceFile(
      proxy,
      "cds.yaml",
      cds(
        "2",
        cluster("u1", "http", ", connect_timeout: 2s").replace("connect_timeout: 1s, ", ""),
        cluster("u2", "http2", ", connect_timeout: 2s").replace("connect_timeout: 1s, ", ""),
        cluster("t", "http", ", connect_timeout: 2s").replace("connect_timeout: 1s, ", ""),
      ),
    );
    await untilStat(proxy, "cluster_manager.cluster_modified", 3);
  }),
  changes("requests under way to hosts that are removed are answered", "", (proxy) => without(proxy, [])),
  changes(
    "where other hosts close connections, those with requests end behind them",
    ", common_lb_config: { close_connections_on_host_set_change: true }",
    async (proxy) => {
      for (const name of all) {
        const now = await readFile(`${proxy.dir}/${name}.yaml`, "utf8");
        const port = /port_value: (\d+)/.exec(now)?.[1] ?? "";
        await replaceFile(
          proxy,
          `${name}.yaml`,
          endpoints(name, [`127.0.0.1, port_value: ${port}`, `127.0.0.2, port_value: ${port}`]),
        );
      }
      await members(proxy, 2);
    },
  ),
];
