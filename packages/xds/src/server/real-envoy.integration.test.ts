import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type DescMessage, toBinary } from "@bufbuild/protobuf";
import { startEnvoy } from "@sluice/harness";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { SnapshotResource } from "../snapshot-source.ts";
import { withoutEnvoy } from "../testing/real-envoy.ts";
import { MutableSource, RecordingObserver, startXdsServer, until } from "../testing/xds-fixture.ts";
import { parseYaml } from "../text/parse-yaml.ts";
import { TYPE_URLS } from "../type-urls.ts";

function fromYaml<Desc extends DescMessage>(name: string, schema: Desc, yaml: string): SnapshotResource {
  const { message, problems } = parseYaml(yaml, schema);
  assert.ok(message, JSON.stringify(problems));
  const value = toBinary(schema, message);
  return { name, version: Buffer.from(value).toString("base64url"), value };
}

const ADS = "{ads: {}, resource_api_version: V3}";
const cluster = (name: string) =>
  fromYaml(
    name,
    ClusterSchema,
    `{name: ${name}, type: EDS, connect_timeout: 1s, eds_cluster_config: {eds_config: ${ADS}}}`,
  );
const endpoints = (name: string, port: number) =>
  fromYaml(
    name,
    ClusterLoadAssignmentSchema,
    `{cluster_name: ${name}, endpoints: {lb_endpoints: {endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ${port}}}}}}}`,
  );
const routes = (to: string) =>
  fromYaml(
    "main",
    RouteConfigurationSchema,
    `{name: main, virtual_hosts: {name: all, domains: "*", routes: {match: {prefix: /}, route: {cluster: ${to}}}}}`,
  );
const listener = (extra = "") =>
  fromYaml(
    "web",
    ListenerSchema,
    `
name: web
address: {socket_address: {address: 127.0.0.1, port_value: 0}}
${extra}
filter_chains:
  filters:
    name: hcm
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
      stat_prefix: web
      rds: {route_config_name: main, config_source: ${ADS}}
      http_filters: {name: router, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
`,
  );

function bootstrap(api: string, port: number): string {
  return `
node: {id: envoy-1, cluster: test}
dynamic_resources:
  ads_config: {api_type: ${api}, transport_api_version: V3, set_node_on_first_message_only: true, grpc_services: {envoy_grpc: {cluster_name: xds}}}
  cds_config: ${ADS}
  lds_config: ${ADS}
static_resources:
  clusters:
  - name: xds
    connect_timeout: 1s
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
    load_assignment: {cluster_name: xds, endpoints: {lb_endpoints: {endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ${port}}}}}}}
`;
}

async function upstream(answer: string) {
  const server = createServer((_request, response) => response.end(answer));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

for (const [api, variant] of [
  ["GRPC", "ads"],
  ["DELTA_GRPC", "delta-ads"],
] as const) {
  test(`a stock Envoy takes everything by ${variant}, acknowledges, refuses with its words, and moves without a failure`, {
    skip: withoutEnvoy,
  }, async () => {
    const source = new MutableSource();
    const observer = new RecordingObserver();
    const server = await startXdsServer({ source, observer });
    const [one, two] = [await upstream("one"), await upstream("two")];
    source.set("1", {
      [TYPE_URLS.cluster]: [cluster("one")],
      [TYPE_URLS.endpoint]: [endpoints("one", one.port)],
      [TYPE_URLS.listener]: [listener()],
      [TYPE_URLS.route]: [routes("one")],
    });
    const envoy = await startEnvoy({ yaml: bootstrap(api, server.port) });
    try {
      const count = (line: string): number => observer.lines.filter((each) => each === line).length;
      const lines = () => observer.lines;
      for (const type of ["Cluster", "ClusterLoadAssignment", "Listener", "RouteConfiguration"]) {
        await until(`the ACK of ${type}`, () => count(`ack ${type}`) >= 1, lines);
      }
      assert.equal(observer.streams[0]?.variant, variant);
      assert.equal(observer.streams[0]?.node.userAgentName, "envoy");
      assert.match(observer.streams[0]?.node.userAgentVersion ?? "", /^1\.[0-9]+\.[0-9]+$/);
      assert.match(observer.streams[0]?.peer ?? "", /^127\.0\.0\.1:[0-9]+$/);

      const web = `127.0.0.1:${await envoy.listenerPort("web")}`;
      assert.equal(await (await fetch(`http://${web}/`)).text(), "one");

      source.set("2", {
        [TYPE_URLS.cluster]: [cluster("two")],
        [TYPE_URLS.endpoint]: [endpoints("two", two.port)],
        [TYPE_URLS.listener]: [listener()],
        [TYPE_URLS.route]: [routes("two")],
      });
      const answers = new Set<string>();
      const movedBy = performance.now() + 60_000;
      while (!answers.has("two")) {
        assert.ok(performance.now() < movedBy, `the route moves; ${JSON.stringify(lines())}`);
        const response = await fetch(`http://${web}/`);
        answers.add(response.status === 200 ? await response.text() : String(response.status));
      }
      answers.delete("one");
      assert.deepEqual([...answers], ["two"], "no request fails meanwhile");
      await until("the old cluster leaves last", () => observer.lines.at(-1) === "ack Cluster", lines);

      source.set("3", {
        [TYPE_URLS.cluster]: [cluster("two")],
        [TYPE_URLS.endpoint]: [endpoints("two", two.port)],
        [TYPE_URLS.listener]: [
          listener(
            "listener_filters: {name: nope, typed_config: {'@type': type.googleapis.com/google.protobuf.Duration, value: 1s}}",
          ),
        ],
        [TYPE_URLS.route]: [routes("two")],
      });
      await until("the NACK", () => observer.lines.some((line) => line.startsWith("nack Listener")), lines);
      assert.match(observer.lines.find((line) => line.startsWith("nack")) ?? "", /web.*nope/s);
      assert.equal(await (await fetch(`http://${web}/`)).text(), "two");
    } finally {
      await envoy.close();
      await Promise.all([server.close(), one.close(), two.close()]);
    }
    await until("the stream's end", () => observer.lines.some((line) => line.startsWith("closed")));
  });
}
