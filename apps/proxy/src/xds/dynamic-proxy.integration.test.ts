import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { freePort, quickEnough } from "@sluice/harness";
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
import { hashVersion } from "./version-hash.ts";

const CLUSTER = "envoy.config.cluster.v3.Cluster";
const LISTENER = "envoy.config.listener.v3.Listener";
const ROUTE = "envoy.config.route.v3.RouteConfiguration";
const ENDPOINT = "envoy.config.endpoint.v3.ClusterLoadAssignment";

const RDS = "rds: {route_config_name: main, config_source: {ads: {}, resource_api_version: V3}}";
const TELEMETRY = `access_log: [{name: als, typed_config: {"@type": type.googleapis.com/envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig, common_config: {log_name: test, transport_api_version: V3, buffer_flush_interval: 0.05s, grpc_service: {envoy_grpc: {cluster_name: control}}}}}]
      tracing: {provider: {name: envoy.tracers.opentelemetry, typed_config: {"@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig, service_name: test, grpc_service: {envoy_grpc: {cluster_name: control}}}}}`;
const EDS_CLUSTER =
  "{name: one, type: EDS, connect_timeout: 1s, eds_cluster_config: {eds_config: {ads: {}, resource_api_version: V3}}}";

function assignment(port: number): string {
  return `{cluster_name: one, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ${port}}}}}]}]}`;
}

for (const apiType of ["GRPC", "DELTA_GRPC"]) {
  test(`${apiType}: publish, serve, update, refuse, lose the control plane, start from disk`, async () => {
    const [one, two] = await Promise.all([startUpstream("one"), startUpstream("two")]);
    const state = mkdtempSync(join(tmpdir(), "sluice-state-test-"));
    const telemetry = new TelemetryReceiver();
    const control = new ControlPlane(telemetry.handle);
    // It comes back on this port.
    await control.start(await freePort());
    const base = {
      [CLUSTER]: { one: EDS_CLUSTER, two: clusterYaml("two", two.port) },
      [ENDPOINT]: { one: assignment(one.port) },
      [LISTENER]: { main: listenerYaml("main", RDS, TELEMETRY) },
    };
    control.publish({ ...base, [ROUTE]: { main: routesYaml("main", "one") } }, "v1");
    let proxy = new ProxyProcess(controlledBootstrap(control.port, apiType), [], state);
    try {
      await proxy.live();
      let port = await proxy.listenerPort("main");
      const get = async (path = "/"): Promise<string> =>
        (await fetch(`http://127.0.0.1:${port}${path}`)).text();
      assert.equal(await get("/first"), "one");
      await eventually(
        "an access log entry",
        () => telemetry.requests.find(({ path }) => path === "/first"),
        () => JSON.stringify(telemetry.requests),
      );
      assert.deepEqual(telemetry.requests[0], { path: "/first", status: 200, cluster: "one" });
      await eventually("a span", () => telemetry.spans.find((span) => span === "ingress 16"));

      const gauge = "http.ingress.rds.main.version";
      await quickEnough({ effective: 2_000 }, async (round) => {
        const version = `v2.${round}`;
        const publishedAt = performance.now();
        control.publish({ ...base, [ROUTE]: { main: routesYaml("main", "two") } }, version);
        await eventually(
          `${version} effective in the metrics`,
          () => (telemetry.metrics.get(gauge) === hashVersion(version) ? true : undefined),
          () => proxy.output,
        );
        return { effective: performance.now() - publishedAt };
      });
      assert.equal(await get(), "two");

      const bad = "{name: bad, lb_policy: CLUSTER_PROVIDED, connect_timeout: 1s}";
      const partly = { ...base, [CLUSTER]: { ...base[CLUSTER], bad } };
      control.publish({ ...partly, [ROUTE]: { main: routesYaml("main", "one") } }, "v3");
      const nack = await eventually(
        "a NACK",
        () => control.refusal(CLUSTER, "v3"),
        () => proxy.output,
      );
      assert.match(nack, /bad: lb_policy: CLUSTER_PROVIDED/);
      await eventually("the good part of v3", async () => ((await get()) === "one" ? true : undefined));
      assert.equal(await proxy.stat("cluster_manager.cds.update_rejected"), 1);

      const broken = routesYaml("main", "one").replace("prefix: /", 'safe_regex: {regex: "("}');
      control.publish({ ...base, [ROUTE]: { main: broken } }, "v3b");
      const refused = await eventually(
        "a NACK of the routes",
        () => control.refusal(ROUTE, "v3b"),
        () => proxy.output,
      );
      assert.match(refused, /main: virtual_hosts\[0\]\.routes\[0\]\.match\.safe_regex/);
      assert.equal(await proxy.stat("http.ingress.rds.main.update_rejected"), 1);
      assert.equal(await get(), "one");

      control.publish({ ...base, [ROUTE]: { main: routesYaml("main", "two") } }, "v4");
      await eventually("v4", async () => ((await get()) === "two" ? true : undefined));
      await control.stop();
      assert.equal(await get(), "two");
      await proxy.stop();

      proxy = new ProxyProcess(controlledBootstrap(control.port, apiType), [], state);
      port = await proxy.listenerPort("main");
      assert.equal(await get(), "two");
      assert.match(proxy.output, /starting from the last good configuration/);
      assert.match((await proxy.admin("/server_info")).body, /last good configuration on disk/);
      await control.start(control.port);
      control.publish({ ...base, [ROUTE]: { main: routesYaml("main", "one") } }, "v5");
      await eventually(
        "v5 from the control plane",
        async () => ((await get()) === "one" ? true : undefined),
        () => proxy.output,
      );
    } finally {
      await proxy.stop();
      await control.stop();
      await Promise.all([one.close(), two.close()]);
      rmSync(state, { recursive: true, force: true });
    }
  });
}

test("a listener is updated in place under load without a failed request", async () => {
  const upstream = await startUpstream("one");
  const control = new ControlPlane();
  await control.start();
  const publish = (version: string): void =>
    control.publish(
      {
        [CLUSTER]: { one: clusterYaml("one", upstream.port) },
        [LISTENER]: {
          main: listenerYaml("main", `route_config: ${routesYaml("r", "one")}`, `server_name: ${version}`),
        },
      },
      version,
    );
  publish("v0");
  const proxy = new ProxyProcess(controlledBootstrap(control.port, "GRPC"));
  try {
    await proxy.live();
    const port = await proxy.listenerPort("main");
    let running = true;
    let latest = "";
    const failures: string[] = [];
    const load = async (): Promise<void> => {
      while (running) {
        try {
          const response = await fetch(`http://127.0.0.1:${port}/`);
          if ((await response.text()) !== "one") failures.push(`status ${response.status}`);
          latest = response.headers.get("server") ?? "";
        } catch (error) {
          failures.push(error instanceof Error ? String(error.cause) : String(error));
        }
      }
    };
    const clients = Array.from({ length: 8 }, load);
    for (let update = 1; update <= 8; update++) {
      publish(`v${update}`);
      await eventually(`v${update}`, () => (latest === `v${update}` ? true : undefined));
    }
    running = false;
    await Promise.all(clients);
    assert.deepEqual(failures, []);
    // Only the chain differs from one version to the next.
    assert.equal(await proxy.stat("listener_manager.listener_in_place_updated"), 8);
  } finally {
    await proxy.stop();
    await control.stop();
    await upstream.close();
  }
});
