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

/** Fine enough for a chart as wide as a window, coarse enough for the wire; both kept by the store for that long. */
export function resolutionFor(seconds: number): {
  readonly resolution: Resolution;
  readonly stepSeconds: number;
} {
  if (seconds <= 15 * 60) return { resolution: "1s", stepSeconds: 1 };
  if (seconds <= 3 * 3600) return { resolution: "10s", stepSeconds: 10 };
  return { resolution: "1m", stepSeconds: 60 };
}
