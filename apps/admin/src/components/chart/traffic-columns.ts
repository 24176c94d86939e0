/**
 * A scope over time, by column, as it crosses to the browser and as the charts draw it. All columns are as long as
 * `times`; a point is at the start of its step.
 */
export interface TrafficColumns {
  readonly stepSeconds: number;
  /** Epoch seconds, one step apart, none left out. */
  readonly times: readonly number[];
  readonly rate: readonly number[];
  readonly rate2xx: readonly number[];
  readonly rate3xx: readonly number[];
  readonly rate4xx: readonly number[];
  readonly rate5xx: readonly number[];
  readonly failures: readonly number[];
  /** 0…1; null without requests. */
  readonly success: readonly (number | null)[];
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  readonly connections: readonly number[];
  readonly bytesReceived: readonly number[];
  readonly bytesSent: readonly number[];
}

export const TRAFFIC_COLUMNS = [
  "rate",
  "rate2xx",
  "rate3xx",
  "rate4xx",
  "rate5xx",
  "failures",
  "success",
  "p50",
  "p95",
  "p99",
  "connections",
  "bytesReceived",
  "bytesSent",
] as const satisfies readonly (keyof TrafficColumns)[];
export type TrafficColumn = (typeof TRAFFIC_COLUMNS)[number];

type MutableColumns = { times: number[] } & { [column in TrafficColumn]: (number | null)[] };

/** The named conversion back: what was built column by column is whole. */
function freeze(stepSeconds: number, columns: MutableColumns): TrafficColumns {
  return { stepSeconds, ...columns } as TrafficColumns;
}

function emptyColumns(): MutableColumns {
  const columns: Record<string, (number | null)[]> = { times: [] };
  for (const column of TRAFFIC_COLUMNS) columns[column] = [];
  return columns as MutableColumns;
}

/**
 * What is shown after `next` came: its points replace those of the same time (a tick is complete only once all nodes
 * have reported) and go on from there; points before `keepFrom` (epoch seconds) fall off. With another step, `next` is all.
 */
export function mergeColumns(
  shown: TrafficColumns | undefined,
  next: TrafficColumns,
  keepFrom: number,
): TrafficColumns {
  if (shown === undefined || shown.stepSeconds !== next.stepSeconds || next.times.length === 0) {
    return shown !== undefined && next.times.length === 0 && shown.stepSeconds === next.stepSeconds
      ? shown
      : next;
  }
  const firstNew = next.times[0] ?? 0;
  const lastShown = shown.times.at(-1) ?? firstNew;
  // A gap (the browser was away for longer than is sent again) would be drawn as one step.
  if (firstNew > lastShown + shown.stepSeconds) return next;
  const from = lowerBound(shown.times, keepFrom);
  const to = lowerBound(shown.times, firstNew);
  const skip = lowerBound(next.times, keepFrom);
  const merged = emptyColumns();
  merged.times = [...shown.times.slice(from, to), ...next.times.slice(skip)];
  for (const column of TRAFFIC_COLUMNS) {
    merged[column] = [...shown[column].slice(from, to), ...next[column].slice(skip)];
  }
  return freeze(shown.stepSeconds, merged);
}

/** Index of the first time that is not before `time`. */
export function lowerBound(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The newest value that is there; undefined when there is none. */
export function latest(values: readonly (number | null)[]): number | undefined {
  for (let index = values.length - 1; index >= 0; index -= 1) {
    const value = values[index];
    if (value !== null && value !== undefined) return value;
  }
  return undefined;
}
