import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Clock } from "@sluice/extension-api";
import type { ClusterStatsInit, LoadSource } from "@sluice/xds/client";
import type {
  EndpointLoadMetricStatsSchema,
  UpstreamEndpointStatsSchema,
  UpstreamLocalityStatsSchema,
} from "@sluice/xds/gen/envoy/config/endpoint/v3/load_report_pb.js";
import type { HostSpec } from "../cluster/cluster-config.ts";
import { sumClusterDrops } from "../cluster/cluster-drops.ts";
import type { HostLoadMetrics, MetricSum } from "../cluster/host-load-metrics.ts";
import { sumHostSlot } from "../cluster/host-stats.ts";
import type { ManagedCluster } from "../cluster/managed-cluster.ts";

type LocalityStats = MessageInitShape<typeof UpstreamLocalityStatsSchema>;
type MetricStats = MessageInitShape<typeof EndpointLoadMetricStatsSchema>;
type EndpointStats = MessageInitShape<typeof UpstreamEndpointStatsSchema>;

/** The clusters in service; the cluster manager's part that is needed here. */
export interface MeasuredClusters {
  get(name: string): ManagedCluster | undefined;
  list(): { readonly active: readonly ManagedCluster[] };
}

/** What of a host or cluster was told already. Counters themselves are never set back: others read them too. */
interface Told {
  readonly total: number;
  readonly success: number;
  readonly error: number;
}

/**
 * What Envoy's load reporter says of clusters (envoy.config.endpoint.v3.ClusterStats): requests by locality and priority since the last
 * report, and by endpoint where asked. A locality of which there is nothing to say is left out, as is such an endpoint.
 */
export class LoadCollector implements LoadSource {
  private readonly clusters: MeasuredClusters;
  private readonly clock: Clock;
  /** By cluster, since when. */
  private measured = new Map<string, number>();
  /** By page, which is a host's for as long as it stays. */
  private readonly told = new WeakMap<SharedArrayBuffer, Told>();
  private readonly toldDrops = new WeakMap<SharedArrayBuffer, { all: number; byOverload: number }>();

  constructor(clusters: MeasuredClusters, clock: Clock) {
    this.clusters = clusters;
    this.clock = clock;
  }

  track(clusters: readonly string[] | "all"): void {
    const names =
      clusters === "all" ? this.clusters.list().active.map(({ config }) => config.name) : clusters;
    const before = this.measured;
    this.measured = new Map();
    for (const name of names) {
      const known = before.get(name);
      this.measured.set(name, known ?? this.clock.nowMs());
      // What came before it was asked for is nobody's.
      const cluster = known === undefined ? this.clusters.get(name) : undefined;
      if (cluster !== undefined) this.begin(cluster);
    }
  }

  collect(endpoints: boolean): readonly ClusterStatsInit[] {
    const reports: ClusterStatsInit[] = [];
    for (const [name, sinceMs] of this.measured) {
      const cluster = this.clusters.get(name);
      if (cluster === undefined) continue;
      const nowMs = this.clock.nowMs();
      reports.push(this.report(cluster, nowMs - sinceMs, endpoints));
      this.measured.set(name, nowMs);
    }
    return reports;
  }

  private begin({ hosts, drops }: ManagedCluster): void {
    for (const { page } of hosts) this.told.set(page, figuresOf(page));
    this.toldDrops.set(drops, sumClusterDrops(drops));
  }

  private report(cluster: ManagedCluster, intervalMs: number, endpoints: boolean): ClusterStatsInit {
    const { config, drops } = cluster;
    const dropped = sumClusterDrops(drops);
    const before = this.toldDrops.get(drops) ?? { all: 0, byOverload: 0 };
    this.toldDrops.set(drops, dropped);
    const byOverload = dropped.byOverload - before.byOverload;
    return {
      clusterName: config.name,
      clusterServiceName: cluster.message.edsClusterConfig?.serviceName ?? "",
      upstreamLocalityStats: this.localities(cluster, endpoints),
      totalDroppedRequests: BigInt(dropped.all - before.all),
      droppedRequests:
        byOverload > 0
          ? [{ category: cluster.assignmentPolicy.dropCategory, droppedCount: BigInt(byOverload) }]
          : [],
      loadReportInterval: {
        seconds: BigInt(Math.floor(intervalMs / 1000)),
        nanos: Math.floor((intervalMs % 1000) * 1000) * 1000,
      },
    };
  }

  private localities({ hosts, loadMetrics }: ManagedCluster, endpoints: boolean): LocalityStats[] {
    const groups = Map.groupBy(hosts, ({ priority, region, zone, subZone }) =>
      JSON.stringify([priority, region, zone, subZone]),
    );
    return [...groups.values()].flatMap((group) => this.locality(group, loadMetrics, endpoints) ?? []);
  }

  private locality(
    hosts: readonly HostSpec[],
    metrics: HostLoadMetrics,
    endpoints: boolean,
  ): LocalityStats | undefined {
    const [first] = hosts;
    const loads = hosts.map((host) => ({ host, load: this.loadOf(host, metrics) }));
    const sum = (pick: (load: HostLoad) => number): number =>
      loads.reduce((total, { load }) => total + pick(load), 0);
    if (first === undefined || !loads.some(({ load }) => isAny(load))) return undefined;
    return {
      locality: { region: first.region, zone: first.zone, subZone: first.subZone },
      priority: first.priority,
      totalSuccessfulRequests: BigInt(sum(({ success }) => success)),
      totalErrorRequests: BigInt(sum(({ error }) => error)),
      totalRequestsInProgress: BigInt(sum(({ active }) => active)),
      totalIssuedRequests: BigInt(sum(({ issued }) => issued)),
      loadMetricStats: metricStats(sumMetrics(loads.map(({ load }) => load.metrics))),
      upstreamEndpointStats: endpoints
        ? loads.flatMap(({ host, load }) => endpointStats(host, load) ?? [])
        : [],
    };
  }

  private loadOf({ page, key }: HostSpec, metrics: HostLoadMetrics): HostLoad {
    const before = this.told.get(page) ?? NOTHING;
    const now = figuresOf(page);
    this.told.set(page, now);
    return {
      issued: now.total - before.total,
      success: now.success - before.success,
      error: now.error - before.error,
      active: sumHostSlot(page, "rq_active"),
      metrics: metrics.take(key),
    };
  }
}

interface HostLoad {
  readonly issued: number;
  readonly success: number;
  readonly error: number;
  readonly active: number;
  /** Of its own reports (`lrs_report_endpoint_metrics`). */
  readonly metrics: ReadonlyMap<string, MetricSum>;
}

const NOTHING: Told = { total: 0, success: 0, error: 0 };

function figuresOf(page: SharedArrayBuffer): Told {
  return {
    total: sumHostSlot(page, "rq_total"),
    success: sumHostSlot(page, "rq_success"),
    error: sumHostSlot(page, "rq_error"),
  };
}

function isAny({ issued, success, error, active, metrics }: HostLoad): boolean {
  return issued + success + error + active + metrics.size !== 0;
}

function sumMetrics(hosts: readonly HostLoad["metrics"][]): ReadonlyMap<string, MetricSum> {
  const sums = new Map<string, MetricSum>();
  for (const metrics of hosts) {
    for (const [name, { count, total }] of metrics) {
      const known = sums.get(name);
      sums.set(name, { count: (known?.count ?? 0) + count, total: (known?.total ?? 0) + total });
    }
  }
  return sums;
}

function metricStats(metrics: ReadonlyMap<string, MetricSum>): MetricStats[] {
  return [...metrics].map(([metricName, { count, total }]) => ({
    metricName,
    numRequestsFinishedWithMetric: BigInt(count),
    totalMetricValue: total,
  }));
}

function endpointStats({ connectTo }: HostSpec, load: HostLoad): EndpointStats | undefined {
  if (!isAny(load)) return undefined;
  return {
    address: {
      address:
        "path" in connectTo
          ? { case: "pipe", value: { path: connectTo.path } }
          : {
              case: "socketAddress",
              value: {
                address: connectTo.host,
                portSpecifier: { case: "portValue", value: connectTo.port },
              },
            },
    },
    totalSuccessfulRequests: BigInt(load.success),
    totalErrorRequests: BigInt(load.error),
    totalRequestsInProgress: BigInt(load.active),
    totalIssuedRequests: BigInt(load.issued),
    loadMetricStats: metricStats(load.metrics),
  };
}
