import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { StreamMetricsMessageSchema } from "@sluice/xds/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import { type MetricFamilySchema, MetricType } from "@sluice/xds/gen/io/prometheus/client/metrics_pb.js";
import { LATENCY_BUCKETS_MS, type Measures } from "../contract.ts";
import { MetricsReader, type MetricsReport } from "./metrics-reader.ts";

type Family = MessageInitShape<typeof MetricFamilySchema>;

const message = (...envoyMetrics: Family[]) => create(StreamMetricsMessageSchema, { envoyMetrics });
const counter = (name: string, value: number): Family => ({
  name,
  type: MetricType.COUNTER,
  metric: [{ counter: { value } }],
});
const gauge = (name: string, value: number): Family => ({
  name,
  type: MetricType.GAUGE,
  metric: [{ gauge: { value } }],
});

function cluster(report: MetricsReport): Measures | undefined {
  return report.scopes.find(({ scope }) => scope.kind === "cluster")?.measures;
}

test("cumulative counters: the first report is the base, a new counter begins at 0, a smaller value is a restart", () => {
  const reader = new MetricsReader({ node: "n", countersAreDeltas: false });
  const completed = (value: number) => counter("cluster.web.upstream_rq_completed", value);
  assert.equal(cluster(reader.read(message(completed(100)), 0)), undefined);
  assert.equal(cluster(reader.read(message(completed(130)), 500))?.requests, 30);
  const grown = reader.read(message(completed(130), counter("cluster.web.upstream_rq_5xx", 4)), 1000);
  assert.equal(cluster(grown)?.responses5xx, 4);
  assert.equal(cluster(reader.read(message(completed(7)), 1500))?.requests, 7);
});

test("deltas count from the first report on", () => {
  const reader = new MetricsReader({ node: "n", countersAreDeltas: true });
  const completed = message(counter("cluster.web.upstream_rq_completed", 5));
  assert.equal(cluster(reader.read(completed, 0))?.requests, 5);
  assert.equal(cluster(reader.read(completed, 500))?.requests, 5);
  assert.equal(cluster(reader.read(message(), 1000)), undefined);
});

test("a scope is reported while something is active, when a gauge changes, and now and then while it has members", () => {
  const reader = new MetricsReader({ node: "n", countersAreDeltas: true });
  const state = (active: number) =>
    message(gauge("cluster.web.upstream_cx_active", active), gauge("cluster.web.membership_total", 3));
  assert.equal(cluster(reader.read(state(2), 0))?.connectionsActive, 2);
  assert.equal(cluster(reader.read(state(2), 500))?.connectionsActive, 2);
  assert.equal(cluster(reader.read(state(0), 1000))?.connectionsActive, 0);
  assert.equal(cluster(reader.read(state(0), 1500)), undefined);
  assert.equal(cluster(reader.read(state(0), 11_500))?.membersTotal, 3);
});

test("a gauge that is no longer sent counts as 0 after five seconds", () => {
  const reader = new MetricsReader({ node: "n", countersAreDeltas: true });
  reader.read(message(gauge("cluster.web.upstream_cx_active", 2)), 0);
  assert.equal(cluster(reader.read(message(), 4_000))?.connectionsActive, 2);
  assert.equal(cluster(reader.read(message(), 6_000))?.connectionsActive, 0);
});

test("a histogram that is sent as buckets and as quantiles counts once, with what both say; either alone counts too", () => {
  const name = "cluster.web.upstream_rq_time";
  const summary: Family = {
    name,
    type: MetricType.SUMMARY,
    metric: [
      {
        summary: {
          sampleCount: 10n,
          quantile: [
            { quantile: 0, value: 3 },
            { quantile: 1, value: 4 },
          ],
        },
      },
    ],
  };
  const bucketsOf = (below: number, above: number): Family => ({
    name,
    type: MetricType.HISTOGRAM,
    metric: [
      {
        histogram: {
          sampleCount: 10n,
          bucket: [
            { upperBound: below, cumulativeCount: 0n },
            { upperBound: above, cumulativeCount: 10n },
          ],
        },
      },
    ],
  });
  const buckets = bucketsOf(3, 4);
  const total = (report: MetricsReport) => cluster(report)?.latency.reduce((a, b) => a + b, 0);
  const report = (...families: Family[]) =>
    new MetricsReader({ node: "n", countersAreDeltas: true }).read(message(...families), 0);
  assert.equal(total(report(buckets, summary)), 10);
  assert.equal(total(report(summary)), 10);
  assert.equal(total(report(buckets)), 10);
  assert.equal(cluster(report(bucketsOf(1, 5), summary))?.latency[LATENCY_BUCKETS_MS.indexOf(4)], 10);
});

test("version and warming gauges are told as facts", () => {
  const reader = new MetricsReader({ node: "n", countersAreDeltas: true });
  const { facts } = reader.read(
    message(
      gauge("cluster_manager.cds.version", 12),
      gauge("cluster_manager.warming_clusters", 1),
      gauge("server.uptime", 9),
    ),
    0,
  );
  assert.deepEqual(
    [...facts],
    [
      ["cluster_manager.cds.version", 12],
      ["cluster_manager.warming_clusters", 1],
    ],
  );
});
