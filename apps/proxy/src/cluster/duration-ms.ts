/** A google.protobuf.Duration in milliseconds; `fallback` when it is not set. */
export function durationMs<T>(
  duration: { readonly seconds: bigint; readonly nanos: number } | undefined,
  fallback: T,
): number | T {
  return duration === undefined ? fallback : Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}
