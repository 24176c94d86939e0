import type { Measures, Resolution } from "../contract.ts";
import {
  COUNTERS,
  type Counter,
  emptyMeasures,
  GAUGES,
  type Gauge,
  type MutableMeasures,
} from "../measures/measures.ts";
import { LATENCY_COLUMNS } from "./schema.ts";

const COLUMN: Readonly<Record<Counter | Gauge, string>> = {
  requests: "requests",
  responses2xx: "responses_2xx",
  responses3xx: "responses_3xx",
  responses4xx: "responses_4xx",
  responses5xx: "responses_5xx",
  failures: "failures",
  retries: "retries",
  connectionsOpened: "connections_opened",
  connectionsActive: "connections_active",
  requestsActive: "requests_active",
  bytesReceived: "bytes_received",
  bytesSent: "bytes_sent",
  membersHealthy: "members_healthy",
  membersTotal: "members_total",
};

export const COUNTER_COLUMNS: readonly string[] = COUNTERS.map((name) => COLUMN[name]);
export const GAUGE_COLUMNS: readonly string[] = GAUGES.map((name) => COLUMN[name]);

export const TABLE_OF: Readonly<Record<Resolution, string>> = {
  "1s": "telemetry.stats_1s",
  "10s": "telemetry.stats_10s",
  "1m": "telemetry.stats_1m",
};

export const SECONDS_OF: Readonly<Record<Resolution, number>> = { "1s": 1, "10s": 10, "1m": 60 };

/** `sum(requests)::float8 as requests, …`: adds everything up, gauges too (over scopes or nodes of one instant). */
export const SUM_ALL = [...COUNTER_COLUMNS, ...GAUGE_COLUMNS, ...LATENCY_COLUMNS]
  .map((column) => `sum(${column})::float8 as ${column}`)
  .join(", ");

/** Counters and latency only, over time. */
export const SUM_COUNTERS = [...COUNTER_COLUMNS, ...LATENCY_COLUMNS]
  .map((column) => `sum(${column})::float8 as ${column}`)
  .join(", ");

/** A row of any of the queries above; a column that is missing or null counts as 0. */
export function measuresOf(row: Readonly<Record<string, unknown>>): MutableMeasures {
  const measures = emptyMeasures();
  for (const name of COUNTERS) measures[name] = Number(row[COLUMN[name]] ?? 0);
  for (const name of GAUGES) measures[name] = Number(row[COLUMN[name]] ?? 0);
  measures.latency = LATENCY_COLUMNS.map((column) => Number(row[column] ?? 0));
  return measures;
}

/** The values of one row as the writer sends them, by column name. */
export function columnsOf(measures: Measures): Record<string, number> {
  const columns: Record<string, number> = {};
  for (const name of COUNTERS) columns[COLUMN[name]] = Math.round(measures[name]);
  for (const name of GAUGES) columns[COLUMN[name]] = Math.round(measures[name]);
  LATENCY_COLUMNS.forEach((column, bucket) => {
    const count = measures.latency[bucket] ?? 0;
    if (count > 0) columns[column] = Math.round(count);
  });
  return columns;
}
