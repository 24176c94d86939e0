import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HistogramSchema } from "@sluice/xds/gen/io/prometheus/client/metrics_pb.js";
import { cumulativeCounts, nonEmptyBins } from "../stats/log-linear-histogram.ts";
import type { HistogramReading } from "../stats/stat-readings.ts";

type Shape = MessageInitShape<typeof HistogramSchema>;

/** Smaller values count as zero: nothing between 0 and 1 is recorded, but for percentages. */
const ZERO_THRESHOLD = 0.5;
const PERCENT_ZERO_THRESHOLD = ZERO_THRESHOLD / 1_000_000;
/** Steps of a power of two by 2^schema: from the finest that the bins are good for to the coarsest there is. */
const SCHEMA_MAX = 4;
const SCHEMA_MIN = -4;
const EMPTY_SCHEMA = 3;

/** A histogram of Prometheus with exponential buckets, in the finest schema that needs no more than `bucketsMax` of them. */
export function nativeHistogram({ name, cumulative }: HistogramReading, bucketsMax: number): Shape {
  if (cumulative.count === 0) {
    // The empty span tells it from one with classic buckets.
    return { schema: EMPTY_SCHEMA, zeroCount: 0n, positiveSpan: [{ offset: 0, length: 0 }] };
  }
  const zeroThreshold = name.endsWith("percent_used") ? PERCENT_ZERO_THRESHOLD : ZERO_THRESHOLD;
  const ranges = nonEmptyBins(cumulative)
    .map(({ lower, width }) => ({ from: Math.max(lower, zeroThreshold), to: lower + width }))
    .filter(({ to }) => to > zeroThreshold);
  let schema = SCHEMA_MAX;
  let indices = indicesOf(ranges, schema);
  while (indices.length > bucketsMax && schema > SCHEMA_MIN) indices = indicesOf(ranges, --schema);
  const [zeros = 0, ...below] = cumulativeCounts(cumulative, [
    zeroThreshold,
    ...indices.map((index) => 2 ** (index / 2 ** schema)),
  ]);
  const counts = below.map((count, i) => count - (below[i - 1] ?? zeros));
  return {
    sampleCount: BigInt(cumulative.count),
    sampleSum: cumulative.sum,
    schema,
    zeroThreshold,
    zeroCount: BigInt(zeros),
    ...spans(indices, counts),
  };
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** The buckets that have a part of a range in them, in ascending order. The one with index `i` ends with 2^(i / 2^schema). */
function indicesOf(ranges: readonly Range[], schema: number): readonly number[] {
  const steps = 2 ** schema;
  const found = new Set<number>();
  for (const { from, to } of ranges) {
    const last = Math.ceil(Math.log2(to) * steps);
    for (let index = Math.ceil(Math.log2(from) * steps); index <= last; index++) found.add(index);
  }
  return [...found].sort((a, b) => a - b);
}

/** Runs of buckets that are not empty, and how much more each counts than the one before. */
function spans(
  indices: readonly number[],
  counts: readonly number[],
): Pick<Shape, "positiveSpan" | "positiveDelta"> {
  const positiveSpan: { offset: number; length: number }[] = [];
  const positiveDelta: bigint[] = [];
  let next = 0;
  let before = 0;
  for (const [i, index] of indices.entries()) {
    const count = counts[i] ?? 0;
    if (count === 0) continue;
    const run = positiveSpan.at(-1);
    if (run !== undefined && index === next) run.length++;
    else positiveSpan.push({ offset: index - next, length: 1 });
    positiveDelta.push(BigInt(count - before));
    next = index + 1;
    before = count;
  }
  return { positiveSpan, positiveDelta };
}
