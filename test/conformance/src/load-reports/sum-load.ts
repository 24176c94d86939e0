import assert from "node:assert/strict";
import type { SaidCluster, SaidFigures, SaidLoad } from "./load-server.ts";

export interface Figures {
  readonly successful?: number;
  readonly failed?: number;
  readonly issued?: number;
  /** Under way; of a single report. */
  readonly active?: number;
  /** By name, of hosts' own reports: how often there was one, and the sum. */
  readonly metrics?: Readonly<Record<string, readonly [count: number, total: number]>>;
}

/** By `cluster region/zone/sub-zone priority`, and by cluster for what has no locality. */
export type Load = ReadonlyMap<
  string,
  Figures & {
    readonly endpoints?: Readonly<Record<string, Figures>>;
    readonly dropped?: number;
    readonly byCategory?: Readonly<Record<string, number>>;
    readonly service?: string;
  }
>;

type Row = { -readonly [key in keyof Figures]: Figures[key] } & {
  endpoints?: Record<string, Figures>;
  dropped?: number;
  byCategory?: Record<string, number>;
  service?: string;
};

/** Where the reports go: its own load differs by how each proxy connects. */
const OF_REPORTS = "control";

/** What reports tell together. What is under way is no sum: only a single report tells it. */
export function sumLoad(reports: readonly SaidLoad[]): Load {
  const withActive = reports.length === 1;
  const rows = new Map<string, Row>();
  for (const { clusterStats = [] } of reports) {
    for (const cluster of clusterStats) {
      if (cluster.clusterName !== OF_REPORTS) addCluster(rows, cluster, withActive);
    }
  }
  return new Map([...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function addCluster(rows: Map<string, Row>, cluster: SaidCluster, withActive: boolean): void {
  const { clusterName = "", clusterServiceName, totalDroppedRequests, droppedRequests = [] } = cluster;
  assert.match(cluster.loadReportInterval ?? "", /^\d+(\.\d{1,6})?s$/);
  const row = rowOf(rows, clusterName);
  if (clusterServiceName !== undefined) row.service = clusterServiceName;
  if (totalDroppedRequests !== undefined) row.dropped = (row.dropped ?? 0) + Number(totalDroppedRequests);
  for (const { category, droppedCount } of droppedRequests) {
    row.byCategory ??= {};
    row.byCategory[category] = (row.byCategory[category] ?? 0) + Number(droppedCount);
  }
  for (const locality of cluster.upstreamLocalityStats ?? []) {
    const { region = "", zone = "", subZone = "" } = locality.locality ?? {};
    const place = rowOf(rows, `${clusterName} ${region}/${zone}/${subZone} ${locality.priority ?? 0}`);
    add(place, locality, withActive);
    for (const endpoint of locality.upstreamEndpointStats ?? []) {
      place.endpoints ??= {};
      const address = nameOf(endpoint.address);
      const figures: Row = { ...place.endpoints[address] };
      add(figures, endpoint, withActive);
      place.endpoints[address] = figures;
    }
  }
}

function add(row: Row, said: SaidFigures, withActive: boolean): void {
  const count = (key: "successful" | "failed" | "issued", value: string | undefined): void => {
    if (value !== undefined) row[key] = (row[key] ?? 0) + Number(value);
  };
  count("successful", said.totalSuccessfulRequests);
  count("failed", said.totalErrorRequests);
  count("issued", said.totalIssuedRequests);
  for (const {
    metricName,
    numRequestsFinishedWithMetric = "0",
    totalMetricValue = 0,
  } of said.loadMetricStats ?? []) {
    const [times, total] = row.metrics?.[metricName] ?? [0, 0];
    const sum = [times + Number(numRequestsFinishedWithMetric), total + totalMetricValue] as const;
    row.metrics = { ...row.metrics, [metricName]: sum };
  }
  if (said.totalRequestsInProgress !== undefined && withActive) {
    row.active = Number(said.totalRequestsInProgress);
  }
}

function rowOf(rows: Map<string, Row>, key: string): Row {
  const row = rows.get(key) ?? {};
  rows.set(key, row);
  return row;
}

function nameOf(address: unknown): string {
  const text = JSON.stringify(address);
  const found = /"address":"([^"]*)","portValue":(\d+)/.exec(text);
  return found === null ? text : `${found[1]}:${found[2]}`;
}
