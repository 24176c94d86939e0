import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type ServerHttp2Session } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { toBinary } from "@bufbuild/protobuf";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { quickEnough } from "@sluice/harness";
import {
  messageDescriptor,
  parseYaml,
  type Snapshot,
  type SnapshotResource,
  type SnapshotSource,
  type XdsServerObserver,
} from "@sluice/xds";
import { AccessLogService } from "@sluice/xds/gen/envoy/service/accesslog/v3/als_pb.js";
import { MetricsService } from "@sluice/xds/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import { TraceService } from "@sluice/xds/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import { createXdsServer } from "@sluice/xds/server";
import {
  clusterYaml,
  eventually,
  listenerYaml,
  ProxyProcess,
  portOf,
  routesYaml,
  startUpstream,
} from "../server/proxy-process-fixture.ts";
import { hashVersion } from "./version-hash.ts";

const PREFIX = "type.googleapis.com/";
const CLUSTER = "envoy.config.cluster.v3.Cluster";
const LISTENER = "envoy.config.listener.v3.Listener";
const ROUTE = "envoy.config.route.v3.RouteConfiguration";
const ENDPOINT = "envoy.config.endpoint.v3.ClusterLoadAssignment";

/** A control plane in this process: a real xDS server and a collector of what nodes send. */
class ControlPlane implements SnapshotSource, XdsServerObserver {
  readonly lines: string[] = [];
  readonly metrics = new Map<string, number>();
  readonly requests: { path: string; status: number; cluster: string }[] = [];
  readonly spans: string[] = [];
  port = 0;
  #snapshot: Snapshot | undefined;
  readonly #watchers = new Set<(affected: () => boolean) => void>();
  #close: () => Promise<void> = () => Promise.resolve();

  snapshotFor(): Snapshot | undefined {
    return this.#snapshot;
  }
  watch(onChange: (affected: () => boolean) => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }
  onStreamOpened(): void {}
  onStreamClosed(): void {}
  onSent(): void {}
  onUnchanged(): void {}
  onAck(_stream: unknown, typeUrl: string, version: string): void {
    this.lines.push(`ack ${typeUrl.slice(typeUrl.lastIndexOf(".") + 1)} ${version}`);
  }
  onNack(_stream: unknown, typeUrl: string, version: string, message: string): void {
    this.lines.push(`nack ${typeUrl.slice(typeUrl.lastIndexOf(".") + 1)} ${version} ${message}`);
  }

  /** `types`: message name → YAML of the resources by name. */
  publish(version: string, types: Readonly<Record<string, Readonly<Record<string, string>>>>): void {
    const sections = new Map(
      Object.entries(types).map(([type, texts]) => {
        const resources = new Map<string, SnapshotResource>();
        for (const [name, text] of Object.entries(texts)) {
          const parsed = parseYaml(text, type);
          assert.ok(parsed.message, JSON.stringify(parsed.problems));
          const value = toBinary(messageDescriptor(type), parsed.message);
          resources.set(name, {
            name,
            version: Buffer.from(value).toString("base64").slice(0, 200) + version,
            value,
          });
        }
        return [PREFIX + type, { version, resources }] as const;
      }),
    );
    this.#snapshot = { version, types: sections };
    for (const onChange of this.#watchers) onChange(() => true);
  }

  async start(port = 0): Promise<void> {
    const xds = createXdsServer({ source: this, observer: this });
    const telemetry = connectNodeAdapter({
      routes: (router) => {
        router.rpc(MetricsService.method.streamMetrics, async (messages) => {
          for await (const { envoyMetrics } of messages) {
            for (const { name, metric } of envoyMetrics) {
              const [first] = metric;
              const value = first?.gauge?.value ?? first?.counter?.value;
              if (value !== undefined) this.metrics.set(name, value);
            }
          }
          return {};
        });
        router.rpc(AccessLogService.method.streamAccessLogs, async (messages) => {
          for await (const { logEntries } of messages) {
            if (logEntries.case !== "httpLogs") continue;
            for (const { request, response, commonProperties } of logEntries.value.logEntry) {
              this.requests.push({
                path: request?.path ?? "",
                status: response?.responseCode ?? 0,
                cluster: commonProperties?.upstreamCluster ?? "",
              });
            }
          }
          return {};
        });
        router.rpc(TraceService.method.export, ({ resourceSpans }) => {
          for (const { scopeSpans } of resourceSpans) {
            for (const { spans } of scopeSpans)
              for (const { name, traceId } of spans) this.spans.push(`${name} ${traceId.length}`);
          }
          return {};
        });
      },
    });
    const server = createServer((request, response) => {
      if (!xds.handleGrpc(request, response)) telemetry(request, response);
    });
    const sessions = new Set<ServerHttp2Session>();
    server.on("session", (session) => {
      sessions.add(session);
      session.on("close", () => sessions.delete(session));
      session.on("error", () => {});
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    this.port = portOf(server.address());
    this.#close = async () => {
      xds.close();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) session.destroy();
      await closed;
    };
  }

  stop(): Promise<void> {
    return this.#close();
  }
}

function bootstrap(port: number, apiType: string): string {
  return `
node: {id: test-node, cluster: tests}
admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
stats_flush_interval: 60s
stats_sinks:
- name: envoy.stat_sinks.metrics_service
  typed_config: {"@type": type.googleapis.com/envoy.config.metrics.v3.MetricsServiceConfig, transport_api_version: V3, grpc_service: {envoy_grpc: {cluster_name: control}}}
dynamic_resources:
  ads_config: {api_type: ${apiType}, transport_api_version: V3, grpc_services: [{envoy_grpc: {cluster_name: control}}]}
  lds_config: {ads: {}, resource_api_version: V3}
  cds_config: {ads: {}, resource_api_version: V3}
static_resources:
  clusters:
  - name: control
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
    load_assignment: {cluster_name: control, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ${port}}}}}]}]}
`;
}

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
    const control = new ControlPlane();
    await control.start();
    const base = {
      [CLUSTER]: { one: EDS_CLUSTER, two: clusterYaml("two", two.port) },
      [ENDPOINT]: { one: assignment(one.port) },
      [LISTENER]: { main: listenerYaml("main", RDS, TELEMETRY) },
    };
    control.publish("v1", { ...base, [ROUTE]: { main: routesYaml("main", "one") } });
    let proxy = new ProxyProcess(bootstrap(control.port, apiType), [], state);
    try {
      await proxy.live();
      let port = await proxy.listenerPort("main");
      const get = async (path = "/"): Promise<string> =>
        (await fetch(`http://127.0.0.1:${port}${path}`)).text();
      assert.equal(await get("/first"), "one");
      await eventually(
        "an access log entry",
        () => control.requests.find(({ path }) => path === "/first"),
        () => JSON.stringify(control.requests),
      );
      assert.deepEqual(control.requests[0], { path: "/first", status: 200, cluster: "one" });
      await eventually("a span", () => control.spans.find((span) => span === "ingress 16"));

      const gauge = "http.ingress.rds.main.version";
      await quickEnough({ effective: 2_000 }, async (round) => {
        const version = `v2.${round}`;
        const publishedAt = performance.now();
        control.publish(version, { ...base, [ROUTE]: { main: routesYaml("main", "two") } });
        await eventually(
          `${version} effective in the metrics`,
          () => (control.metrics.get(gauge) === hashVersion(version) ? true : undefined),
          () => proxy.output,
        );
        return { effective: performance.now() - publishedAt };
      });
      assert.equal(await get(), "two");

      control.publish("v3", {
        ...base,
        [CLUSTER]: { ...base[CLUSTER], bad: "{name: bad, lb_policy: CLUSTER_PROVIDED, connect_timeout: 1s}" },
        [ROUTE]: { main: routesYaml("main", "one") },
      });
      const nack = await eventually(
        "a NACK",
        () => control.lines.find((line) => line.startsWith("nack Cluster v3")),
        () => control.lines.join("\n"),
      );
      assert.match(nack, /bad: lb_policy: CLUSTER_PROVIDED/);
      await eventually("the good part of v3", async () => ((await get()) === "one" ? true : undefined));
      assert.equal(await proxy.stat("cluster_manager.cds.update_rejected"), 1);

      const broken = routesYaml("main", "one").replace("prefix: /", 'safe_regex: {regex: "("}');
      control.publish("v3b", { ...base, [ROUTE]: { main: broken } });
      const refused = await eventually(
        "a NACK of the routes",
        () => control.lines.find((line) => line.startsWith("nack RouteConfiguration v3b")),
        () => control.lines.join("\n"),
      );
      assert.match(refused, /main: virtual_hosts\[0\]\.routes\[0\]\.match\.safe_regex/);
      assert.equal(await proxy.stat("http.ingress.rds.main.update_rejected"), 1);
      assert.equal(await get(), "one");

      control.publish("v4", { ...base, [ROUTE]: { main: routesYaml("main", "two") } });
      await eventually("v4", async () => ((await get()) === "two" ? true : undefined));
      await control.stop();
      assert.equal(await get(), "two");
      await proxy.stop();

      proxy = new ProxyProcess(bootstrap(control.port, apiType), [], state);
      port = await proxy.listenerPort("main");
      assert.equal(await get(), "two");
      assert.match(proxy.output, /starting from the last good configuration/);
      assert.match((await proxy.admin("/server_info")).body, /last good configuration on disk/);
      await control.start(control.port);
      control.publish("v5", { ...base, [ROUTE]: { main: routesYaml("main", "one") } });
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
    control.publish(version, {
      [CLUSTER]: { one: clusterYaml("one", upstream.port) },
      [LISTENER]: {
        main: listenerYaml("main", `route_config: ${routesYaml("r", "one")}`, `server_name: ${version}`),
      },
    });
  publish("v0");
  const proxy = new ProxyProcess(bootstrap(control.port, "GRPC"));
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
