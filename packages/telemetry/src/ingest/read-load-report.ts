import type {
  EndpointLoadMetricStats,
  UnnamedEndpointLoadMetricStats,
  UpstreamLocalityStats,
} from "@sluice/xds/gen/envoy/config/endpoint/v3/load_report_pb.js";
import type { LoadStatsRequest } from "@sluice/xds/gen/envoy/service/load_stats/v3/lrs_pb.js";
import type { Load } from "../contract.ts";

/** One row of a report: of a cluster, a locality or an endpoint. */
export interface ReportedLoad extends Load {
  readonly scope: "cluster" | "locality" | "endpoint";
}

const NONE = {
  region: "",
  zone: "",
  subZone: "",
  priority: 0,
  endpoint: "",
  issued: 0,
  successful: 0,
  failed: 0,
  inProgress: 0,
  dropped: 0,
  metrics: {},
};

/** What a node counted since its last report. A locality counts its endpoints too; the cluster's row has what was dropped. */
export function readLoadReport({ clusterStats }: LoadStatsRequest): ReportedLoad[] {
  return clusterStats.flatMap(({ clusterName: cluster, totalDroppedRequests, upstreamLocalityStats }) => {
    const dropped = Number(totalDroppedRequests);
    const localities = upstreamLocalityStats.flatMap((stats) => readLocality(cluster, stats));
    return dropped === 0 ? localities : [{ ...NONE, scope: "cluster", cluster, dropped }, ...localities];
  });
}

function readLocality(cluster: string, stats: UpstreamLocalityStats): ReportedLoad[] {
  const { locality, priority } = stats;
  const place = {
    ...NONE,
    cluster,
    region: locality?.region ?? "",
    zone: locality?.zone ?? "",
    subZone: locality?.subZone ?? "",
    priority,
  };
  const endpoints = stats.upstreamEndpointStats.flatMap((endpoint): ReportedLoad[] => {
    const address = endpoint.address?.address;
    if (address?.case !== "socketAddress") return [];
    const { address: host, portSpecifier } = address.value;
    const port = portSpecifier.case === "portValue" ? portSpecifier.value : 0;
    const name = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    const metrics = metricsOf(endpoint.loadMetricStats);
    return [{ ...place, ...countsOf(endpoint), scope: "endpoint", endpoint: name, metrics }];
  });
  const metrics = {
    ...metricsOf(stats.loadMetricStats),
    ...unnamed("cpu_utilization", stats.cpuUtilization),
    ...unnamed("mem_utilization", stats.memUtilization),
    ...unnamed("application_utilization", stats.applicationUtilization),
  };
  return [{ ...place, ...countsOf(stats), scope: "locality", metrics }, ...endpoints];
}

function countsOf(stats: {
  readonly totalIssuedRequests: bigint;
  readonly totalSuccessfulRequests: bigint;
  readonly totalErrorRequests: bigint;
  readonly totalRequestsInProgress: bigint;
}) {
  return {
    issued: Number(stats.totalIssuedRequests),
    successful: Number(stats.totalSuccessfulRequests),
    failed: Number(stats.totalErrorRequests),
    inProgress: Number(stats.totalRequestsInProgress),
  };
}

function metricsOf(
  stats: readonly EndpointLoadMetricStats[],
): Record<string, { requests: number; total: number }> {
  return Object.fromEntries(
    stats.map(({ metricName, numRequestsFinishedWithMetric, totalMetricValue }) => [
      metricName,
      { requests: Number(numRequestsFinishedWithMetric), total: totalMetricValue },
    ]),
  );
}

function unnamed(name: string, stats: UnnamedEndpointLoadMetricStats | undefined) {
  if (stats === undefined) return {};
  return {
    [name]: { requests: Number(stats.numRequestsFinishedWithMetric), total: stats.totalMetricValue },
  };
}
