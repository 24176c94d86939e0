import { connectNodeAdapter } from "@connectrpc/connect-node";
import { AccessLogService } from "@sluice/xds/gen/envoy/service/accesslog/v3/als_pb.js";
import { MetricsService } from "@sluice/xds/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import { TraceService } from "@sluice/xds/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";

/** Takes what nodes tell of themselves and of their traffic. */
export class TelemetryReceiver {
  readonly metrics = new Map<string, number>();
  readonly requests: { path: string; status: number; cluster: string }[] = [];
  readonly spans: string[] = [];
  /** For the requests that a control plane leaves to others. */
  readonly handle = connectNodeAdapter({
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
}

/** A proxy that takes its listeners and clusters from a control plane, by ADS, and sends it its stats. */
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
