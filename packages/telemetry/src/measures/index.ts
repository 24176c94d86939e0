/** Browser-safe: what a chart computes from measures, without anything of a server. */
export * from "../contract.ts";
export {
  addMeasures,
  appendMeasures,
  COUNTERS,
  emptyMeasures,
  GAUGES,
  LATENCY_BUCKET_COUNT,
  type MutableMeasures,
} from "./measures.ts";
export { percentile } from "./percentile.ts";
export { spanTitle } from "./span-title.ts";
export { summarize } from "./summarize.ts";
