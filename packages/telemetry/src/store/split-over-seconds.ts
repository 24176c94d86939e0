import type { Measures } from "../contract.ts";
import { COUNTERS, emptyMeasures, GAUGES, LATENCY_BUCKET_COUNT } from "../measures/measures.ts";

export interface SecondShare {
  /** Epoch seconds. */
  readonly second: number;
  readonly measures: Measures;
}

/**
 * A report covers the time since the one before, which rarely begins and ends with a second: its counts are shared out by
 * time, else a node that reports a few times a second would now and then show a second with one report or three. Nothing is
 * lost: what rounding leaves goes to the last second. Gauges are those of the report's end.
 *
 * @param fromMs at most a few seconds before `toMs`
 */
export function splitOverSeconds(measures: Measures, fromMs: number, toMs: number): SecondShare[] {
  const first = Math.floor(fromMs / 1000);
  const last = Math.floor((toMs - 1) / 1000);
  if (last <= first) return [{ second: Math.max(first, last), measures }];
  const span = toMs - fromMs;
  const shares: SecondShare[] = [];
  const rest = emptyMeasures();
  for (const name of COUNTERS) rest[name] = measures[name];
  rest.latency = [...measures.latency];
  for (let second = first; second < last; second++) {
    const share = (Math.min((second + 1) * 1000, toMs) - Math.max(second * 1000, fromMs)) / span;
    const part = emptyMeasures();
    for (const name of GAUGES) part[name] = measures[name];
    for (const name of COUNTERS) {
      part[name] = Math.min(rest[name], Math.round(measures[name] * share));
      rest[name] -= part[name];
    }
    for (let bucket = 0; bucket < LATENCY_BUCKET_COUNT; bucket++) {
      const left = rest.latency[bucket] ?? 0;
      const count = Math.min(left, Math.round((measures.latency[bucket] ?? 0) * share));
      part.latency[bucket] = count;
      rest.latency[bucket] = left - count;
    }
    shares.push({ second, measures: part });
  }
  for (const name of GAUGES) rest[name] = measures[name];
  shares.push({ second: last, measures: rest });
  return shares;
}
