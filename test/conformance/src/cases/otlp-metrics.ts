import { fromBinary } from "@bufbuild/protobuf";
import { waitFor } from "@sluice/harness";
import {
  type ExportMetricsServiceRequest,
  ExportMetricsServiceRequestSchema,
} from "@sluice/xds/gen/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.js";
import type { KeyValue } from "@sluice/xds/gen/opentelemetry/proto/common/v1/common_pb.js";
import type { Metric } from "@sluice/xds/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { httpBootstrap, indent, OVER_HTTP2, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { answerCall } from "../grpc-call.ts";
import { http2Service } from "../http2-service.ts";

const DETECTORS = "type.googleapis.com/envoy.extensions.tracers.opentelemetry.resource_detectors.v3";

/** Takes what is exported. */
function collector() {
  const exported: ExportMetricsServiceRequest[] = [];
  const onSocket = http2Service((stream, _headers, body) => {
    exported.push(fromBinary(ExportMetricsServiceRequestSchema, body.subarray(5)));
    answerCall(stream, new Uint8Array());
  });
  return { exported, onSocket };
}

const pairs = (list: readonly KeyValue[] = []): readonly string[] =>
  list.map(({ key, value }) => `${key}=${String(value?.value.value)}`).sort();

/** What a metric says of its one point, without its times. */
function told({ name, unit, description, data }: Metric): unknown {
  if (data.case !== "gauge" && data.case !== "sum" && data.case !== "histogram") return name;
  const kind = {
    name,
    unit,
    description,
    kind: data.case,
    temporality: data.case === "gauge" ? undefined : data.value.aggregationTemporality,
    monotonic: data.case === "sum" ? data.value.isMonotonic : undefined,
    points: data.value.dataPoints.length,
  };
  const [first] = data.value.dataPoints;
  const common = {
    ...kind,
    attributes: pairs(first?.attributes),
    started: (first?.startTimeUnixNano ?? 0n) > 0n,
  };
  if (data.case === "histogram") {
    const [point] = data.value.dataPoints;
    const buckets = point?.bucketCounts.reduce((sum, count) => sum + Number(count), 0);
    return { ...common, count: String(point?.count), buckets, bounds: point?.explicitBounds };
  }
  const [point] = data.value.dataPoints;
  return { ...common, value: `${String(point?.value.case)} ${String(point?.value.value)}` };
}

const sink = (more: string): string => `stats_flush_interval: 0.3s
stats_sinks:
- name: otlp
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig
    grpc_service: { envoy_grpc: { cluster_name: collector } }
${indent(more, 4)}`;

/** Two requests, then what was last exported of the metrics that are wanted: a name and a part of the tags each. */
async function exportedBy(
  { send }: Target,
  exported: ExportMetricsServiceRequest[],
  wanted: readonly (readonly [name: string, tags: string])[],
): Promise<unknown> {
  exported.length = 0;
  for (const path of ["/", "/"]) await send({ path });
  const all = (): readonly Metric[] =>
    exported.flatMap(({ resourceMetrics }) =>
      resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)),
    );
  // The first is a counter of the requests: it tells that they have been exported.
  const find = (index: number): unknown => {
    const [name, tags] = wanted[index] ?? ["", ""];
    const found = all()
      .map(told)
      .filter((each) => {
        const text = JSON.stringify(each);
        const named = text.includes(JSON.stringify(name)) && text.includes(tags);
        return named && (index > 0 || text.includes("asInt 2"));
      });
    return found.at(-1);
  };
  await waitFor("metrics", () => find(0) !== undefined);
  const [resource] = exported[0]?.resourceMetrics ?? [];
  return {
    resource: pairs(resource?.resource?.attributes).filter((pair) => !pair.startsWith("telemetry.sdk.")),
    scopes: resource?.scopeMetrics.length,
    scope: resource?.scopeMetrics[0]?.scope?.name,
    metrics: wanted.map((_each, index) => find(index)),
  };
}

const USUAL = collector();
const PLAIN = collector();

export const OTLP_METRIC_CASES: readonly ConformanceCase[] = [
  {
    title: "metrics go to an OpenTelemetry collector, by their names without tags",
    yaml: httpBootstrap({
      clusters: staticCluster("collector", ["{{tcp}}"], OVER_HTTP2),
      bootstrap: sink(`resource_detectors:
- { name: fixed, typed_config: { "@type": ${DETECTORS}.StaticConfigResourceDetectorConfig, attributes: { team: edge } } }`),
    }),
    tcp: USUAL.onSocket,
    observe: (target) =>
      exportedBy(target, USUAL.exported, [
        ["cluster.upstream_rq_total", "=one"],
        ["cluster.membership_total", "=one"],
        ["http.downstream_rq_xx", "_prefix=main"],
        ["cluster.upstream_cx_connect_ms", "=one"],
        ["server.live", ""],
      ]),
  },
  {
    title:
      "metrics may go to a collector as changes, with a prefix, by their whole names, a few in each call",
    yaml: httpBootstrap({
      clusters: staticCluster("collector", ["{{tcp}}"], OVER_HTTP2),
      bootstrap: sink(`report_counters_as_deltas: true
report_histograms_as_deltas: true
emit_tags_as_attributes: false
use_tag_extracted_name: false
prefix: edge
max_data_points_per_request: 7`),
    }),
    tcp: PLAIN.onSocket,
    observe: async (target) => ({
      seen: await exportedBy(target, PLAIN.exported, [
        ["edge.cluster.one.upstream_rq_total", ""],
        ["edge.cluster.one.membership_total", ""],
      ]),
      most: Math.max(
        ...PLAIN.exported.map(({ resourceMetrics }) =>
          resourceMetrics
            .flatMap(({ scopeMetrics }) => scopeMetrics)
            .reduce((sum, { metrics }) => sum + metrics.length, 0),
        ),
      ),
    }),
  },
];
