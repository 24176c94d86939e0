import type { Problem } from "@sluice/extension-api";

/** A google.protobuf.Duration in milliseconds; `fallback` when it is not set. */
export function durationMs<T>(
  duration: { readonly seconds: bigint; readonly nanos: number } | undefined,
  fallback: T,
): number | T {
  return duration === undefined ? fallback : Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}

/** The same in whole milliseconds, as Envoy takes most times: what is less than one is none. */
export function wholeDurationMs<T>(
  duration: { readonly seconds: bigint; readonly nanos: number } | undefined,
  fallback: T,
): number | T {
  return duration === undefined ? fallback : Math.trunc(durationMs(duration, 0));
}

/** As many as an Envoy can tell in nanoseconds. */
const SECONDS_MAX = 9_223_372_036n;

/** What is wrong with a time, in Envoy's words; undefined: nothing. */
function durationFault(
  duration: { readonly seconds: bigint; readonly nanos: number } | undefined,
): string | undefined {
  if (duration === undefined) return undefined;
  const { seconds, nanos } = duration;
  if (seconds < 0n || nanos < 0) return "Expected positive duration";
  return seconds > SECONDS_MAX || nanos > 999_999_999 ? "Duration out-of-range" : undefined;
}

/** Of messages whose times are taken in whole milliseconds: their problems, one for each field that has one. */
export function durationProblems(
  durations: Readonly<Record<string, Parameters<typeof durationFault>[0]>>,
  path: string,
): Problem[] {
  return Object.entries(durations).flatMap(([field, duration]) => {
    const message = durationFault(duration);
    return message === undefined ? [] : [{ path: `${path}.${field}`, message, severity: "error" as const }];
  });
}
