import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ControlPlane } from "@sluice/xds/testing";
import {
  clusterYaml,
  eventually,
  listenerYaml,
  ProxyProcess,
  routesYaml,
  startUpstream,
} from "../server/proxy-process-fixture.ts";
import { controlledBootstrap, TelemetryReceiver } from "./control-plane-fixture.ts";

const CLUSTER = "envoy.config.cluster.v3.Cluster";
const LISTENER = "envoy.config.listener.v3.Listener";
const EXTENSION = "envoy.config.core.v3.TypedExtensionConfig";
const HTTP = "type.googleapis.com/envoy.extensions.filters.http";
const MUTATION = `${HTTP}.header_mutation.v3.HeaderMutation`;
const STATS = "extension_config_discovery.upstream_http_filter.mark";

const adding = (value: string): string =>
  `mutations: {response_mutations: [{append: {header: {key: x-mark, value: ${value}}}}]}`;
const mark = (value: string): Record<string, string> => ({
  mark: `{name: mark, typed_config: {"@type": ${MUTATION}, ${adding(value)}}}`,
});
const BUFFER = {
  mark: `{name: mark, typed_config: {"@type": ${HTTP}.buffer.v3.Buffer, max_request_bytes: 9}}`,
};

/** A cluster with a filter that is discovered; `more`: of the ExtensionConfigSource. */
function filtered(name: string, port: number, more: string): string {
  const discovery = `{config_source: {ads: {}, resource_api_version: V3, initial_fetch_timeout: 0s}, type_urls: [${MUTATION}]${more}}`;
  const options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  return clusterYaml(name, port).replace(
    `{name: ${name},`,
    `{name: ${name}, typed_extension_protocol_options: {${options}: {"@type": type.googleapis.com/${options}, explicit_http_config: {http_protocol_options: {}},
      http_filters: [{name: mark, config_discovery: ${discovery}}, {name: codec, typed_config: {"@type": ${HTTP}.upstream_codec.v3.UpstreamCodec}}]}},`,
  );
}

for (const apiType of ["GRPC", "DELTA_GRPC"]) {
  test(`${apiType}: a cluster warms until its filter has come and has each change of it`, async () => {
    const upstream = await startUpstream("one");
    const control = new ControlPlane(new TelemetryReceiver().handle);
    await control.start();
    const publish = (version: string, filters: Readonly<Record<string, string>>, more = ""): void =>
      control.publish(
        {
          [CLUSTER]: { one: filtered("one", upstream.port, more) },
          [LISTENER]: { main: listenerYaml("main", `route_config: ${routesYaml("r", "one")}`) },
          [EXTENSION]: filters,
        },
        version,
      );
    publish("v1", {});
    const proxy = new ProxyProcess(controlledBootstrap(control.port, apiType));
    const stat = (name: string) => proxy.stat(name);
    const until = (name: string, value: number): Promise<true> =>
      eventually(
        `${name}: ${value}`,
        async () => ((await stat(name)) === value ? true : undefined),
        () => proxy.output,
      );
    try {
      await until("cluster_manager.warming_clusters", 1);
      assert.equal((await proxy.admin("/ready")).status, 503);
      publish("v2", mark("two"));
      await proxy.live();
      assert.equal(await stat("cluster_manager.warming_clusters"), 0);
      const port = await proxy.listenerPort("main");
      const get = async (): Promise<string> => {
        const response = await fetch(`http://127.0.0.1:${port}/`);
        return `${response.status} ${response.headers.get("x-mark")} ${await response.text()}`;
      };
      assert.equal(await get(), "200 two one");

      const seen = new Set<string>();
      let running = true;
      const clients = Array.from({ length: 4 }, async () => {
        while (running) seen.add(await get());
      });
      for (const value of ["three", "four", "five"]) {
        publish(value, mark(value));
        await eventually(value, () => (seen.has(`200 ${value} one`) ? true : undefined));
      }
      running = false;
      await Promise.all(clients);
      for (const each of seen) assert.match(each, /^200 (two|three|four|five) one$/);

      publish("v6", BUFFER);
      const nack = await eventually("a NACK", () => control.refusal(EXTENSION, "v6"));
      assert.match(nack, /filter config has type URL \S+\.Buffer but expect \S+\.HeaderMutation/);
      assert.equal(await stat(`${STATS}.update_rejected`), 1);
      assert.equal(await get(), "200 five one");

      // Another configuration of the cluster has the filter at once: it is there already.
      publish("v7", mark("five"), `, default_config: {"@type": ${MUTATION}, ${adding("usual")}}`);
      await until("cluster_manager.cluster_modified", 1);
      await until("cluster_manager.warming_clusters", 0);
      assert.equal(await get(), "200 five one");

      // What is not in a whole state of the world may still be there; incremental xDS says what is gone.
      if (apiType === "GRPC") return;
      publish("v8", {}, `, default_config: {"@type": ${MUTATION}, ${adding("usual")}}`);
      await eventually("the default", async () => ((await get()) === "200 usual one" ? true : undefined));
      // As in Envoy, nobody waits a second time for what has come once.
      publish("v9", {});
      await eventually("no filter", async () => ((await get()) === "500 null " ? true : undefined));
      publish("v10", mark("ten"));
      await eventually("the filter", async () => ((await get()) === "200 ten one" ? true : undefined));
    } finally {
      await proxy.stop();
      await control.stop();
      await upstream.close();
    }
  });
}

test("a cluster that is removed while it waits for its filter stays removed when the filter comes", async () => {
  const directory = mkdtempSync(join(tmpdir(), "sluice-ecds-test-"));
  const put = (file: string, version: string, resources: readonly string[]): void => {
    const items = resources.map((each) => `- ${each}\n`).join("");
    writeFileSync(
      join(directory, "next"),
      `version_info: "${version}"\nresources:${items === "" ? " []" : `\n${items}`}`,
    );
    renameSync(join(directory, "next"), join(directory, file));
  };
  const source = (file: string): string => `path_config_source: {path: ${join(directory, file)}}`;
  const cluster = (name: string): string =>
    filtered(name, 1, "")
      .replace("{name:", `{"@type": type.googleapis.com/${CLUSTER}, name:`)
      .replace("ads: {}", source("ecds.yaml"));
  put("ecds.yaml", "1", []);
  put("cds.yaml", "1", [cluster("gone")]);
  const routes = `{name: r, validate_clusters: false, virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: gone}}]}]}`;
  const proxy = new ProxyProcess(`
node: {id: node, cluster: nodes}
admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
dynamic_resources:
  cds_config: {${source("cds.yaml")}}
static_resources:
  listeners:
  - ${listenerYaml("main", `route_config: ${routes}`).trim().replaceAll("\n", "\n    ")}
`);
  const until = (name: string, value: number): Promise<true> =>
    eventually(
      `${name}: ${value}`,
      async () => ((await proxy.stat(name)) === value ? true : undefined),
      () => proxy.output,
    );
  try {
    await until("cluster_manager.warming_clusters", 1);
    // Another one waits for the same filter, so that it is asked for still.
    put("cds.yaml", "2", [cluster("other")]);
    await until("cluster_manager.cluster_removed", 1);
    put("ecds.yaml", "2", [
      `{"@type": type.googleapis.com/${EXTENSION}, name: mark, typed_config: {"@type": ${MUTATION}, ${adding("late")}}}`,
    ]);
    await until("cluster_manager.active_clusters", 1);
    const response = await fetch(`http://127.0.0.1:${await proxy.listenerPort("main")}/`);
    assert.equal(response.status, 503);
    assert.equal(await proxy.stat("http.ingress.no_cluster"), 1);
  } finally {
    await proxy.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});
