import { parseStatusFilter, type Resolution } from "@sluice/telemetry";
import { z } from "zod";

/** After a gap the browser says by itself which event it saw last. */
export const resumable = z.object({ lastEventId: z.string().nullish() }).optional();

/** A date, or over plain JSON its text in ISO 8601. */
export const instant = z.union([
  z.date(),
  z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
]);

export const scopeInput = z.object({
  kind: z.enum(["node", "listener", "host", "route", "cluster", "endpoint"]),
  name: z.string().max(1_000),
});

/** Where a list of requests goes on, and where a live tail of requests or traces does: a number that the store gave. */
export const sequenceCursor = z.string().regex(/^\d{1,18}$/, "not a cursor that a list gave");

/** Where a list of traces goes on: nanoseconds and the trace's identifier. */
export const traceCursor = z
  .string()
  .max(100)
  .regex(/^\d{1,19}\/[0-9a-f]*$/i, "not a cursor that a list gave");

const statusFilter = z
  .string()
  .max(20)
  .refine((text) => text === "" || parseStatusFilter(text) !== undefined, "write 404, 5xx, >=400 or 400-499");

/** `requests` of the store, with exact optionals as its contract wants them. */
export const requestFilterInput = z.object({
  range: z.object({ from: instant, to: instant }).exactOptional(),
  node: z.string().max(500).exactOptional(),
  method: z.string().max(100).exactOptional(),
  authority: z.string().max(500).exactOptional(),
  path: z.string().max(2_000).exactOptional(),
  status: statusFilter.exactOptional(),
  flag: z.string().max(20).exactOptional(),
  route: z.string().max(500).exactOptional(),
  cluster: z.string().max(500).exactOptional(),
  minDurationMs: z.number().nonnegative().exactOptional(),
  requestId: z.string().max(200).exactOptional(),
  traceId: z.string().max(64).exactOptional(),
});

export const traceFilterInput = z.object({
  range: z.object({ from: instant, to: instant }).exactOptional(),
  node: z.string().max(500).exactOptional(),
  text: z.string().max(500).exactOptional(),
  minDurationMs: z.number().nonnegative().exactOptional(),
  errorsOnly: z.boolean().exactOptional(),
});

/** As many as a chart can show apart: more are lines over lines. */
const POINTS_MAX = 180;
/** What people count time in; each is a multiple of what the store keeps for ranges that need it. */
const STEPS_SECONDS = [
  1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600,
];

export interface ChartStep {
  /** What the store is asked for; kept by it for so long. */
  readonly resolution: Resolution;
  readonly rowSeconds: number;
  /** A multiple of `rowSeconds`: from one point to the next. */
  readonly stepSeconds: number;
}

/** How a chart of so many seconds is drawn: in at most 180 steps, or a day's each. */
export function chartStep(seconds: number): ChartStep {
  const [resolution, rowSeconds] = rowsFor(seconds);
  const least = Math.max(rowSeconds, seconds / POINTS_MAX);
  const stepSeconds = STEPS_SECONDS.find((step) => step >= least && step % rowSeconds === 0) ?? 86_400;
  return { resolution, rowSeconds, stepSeconds };
}

function rowsFor(seconds: number): readonly [Resolution, number] {
  if (seconds <= 15 * 60) return ["1s", 1];
  if (seconds <= 3 * 3600) return ["10s", 10];
  return ["1m", 60];
}
