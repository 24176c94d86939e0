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
