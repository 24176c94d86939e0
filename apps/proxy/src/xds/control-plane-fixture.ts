import assert from "node:assert/strict";
import { createServer, type ServerHttp2Session } from "node:http2";
import { toBinary } from "@bufbuild/protobuf";
import { connectNodeAdapter } from "@connectrpc/connect-node";
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
import { portOf } from "../server/proxy-process-fixture.ts";

const PREFIX = "type.googleapis.com/";

/** A control plane in this process: a real xDS server and a collector of what nodes send. */
export class ControlPlane implements SnapshotSource, XdsServerObserver {
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

/** A proxy that takes its listeners and clusters from `ControlPlane`, by ADS, and sends it its stats. */
export function controlledBootstrap(port: number, apiType: string): string {
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
