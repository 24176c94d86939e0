import { LATENCY_BUCKETS_MS, type Measures } from "../contract.ts";

/** The measures that are sums; the others are gauges. */
export const COUNTERS = [
  "requests",
  "responses2xx",
  "responses3xx",
  "responses4xx",
  "responses5xx",
  "failures",
  "retries",
  "connectionsOpened",
  "bytesReceived",
  "bytesSent",
] as const satisfies readonly (keyof Measures)[];

export const GAUGES = [
  "connectionsActive",
  "requestsActive",
  "membersHealthy",
  "membersTotal",
] as const satisfies readonly (keyof Measures)[];

export type Counter = (typeof COUNTERS)[number];
export type Gauge = (typeof GAUGES)[number];

/** One more than the bounds: the last bucket is open-ended. */
export const LATENCY_BUCKET_COUNT = LATENCY_BUCKETS_MS.length + 1;

/** Being added up; `Measures` is the same, read-only. */
export interface MutableMeasures extends Record<Counter | Gauge, number> {
  latency: number[];
}

export function emptyMeasures(): MutableMeasures {
  return {
    requests: 0,
    responses2xx: 0,
    responses3xx: 0,
    responses4xx: 0,
    responses5xx: 0,
    failures: 0,
    retries: 0,
    connectionsOpened: 0,
    connectionsActive: 0,
    requestsActive: 0,
    bytesReceived: 0,
    bytesSent: 0,
    membersHealthy: 0,
    membersTotal: 0,
    latency: new Array<number>(LATENCY_BUCKET_COUNT).fill(0),
  };
}

/** Adds counters and latency; gauges too, so use it across nodes or scopes, not along time. */
export function addMeasures(into: MutableMeasures, more: Measures): void {
  for (const name of COUNTERS) into[name] += more[name];
  for (const name of GAUGES) into[name] += more[name];
  addLatency(into.latency, more.latency);
}

/** Along time: counters and latency add up, gauges become those of `later`. */
export function appendMeasures(into: MutableMeasures, later: Measures): void {
  for (const name of COUNTERS) into[name] += later[name];
  for (const name of GAUGES) into[name] = later[name];
  addLatency(into.latency, later.latency);
}

function addLatency(into: number[], more: readonly number[]): void {
  for (let index = 0; index < LATENCY_BUCKET_COUNT; index++) {
    into[index] = (into[index] ?? 0) + (more[index] ?? 0);
  }
}
