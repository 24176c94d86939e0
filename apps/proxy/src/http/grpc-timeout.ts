const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};
const DIGITS_MAX = 99_999_999;

/** `grpc-timeout` (gRPC over HTTP/2: at most eight digits and a unit) in ms, rounded up. As Envoy it takes spaces before the unit. */
export function parseGrpcTimeout(text: string | undefined): number | undefined {
  const parts = text === undefined || text.length > 9 ? null : /^\+?(\d+)[\t-\r ]*([HMSmun])$/.exec(text);
  return parts === null ? undefined : Math.ceil(Number(parts[1]) * (UNIT_MS[parts[2] ?? ""] ?? 0));
}

/** The header's value for `ms`, in the finest unit in which it fits. */
export function formatGrpcTimeout(ms: number): string {
  const whole = Math.trunc(ms);
  for (const unit of ["m", "S", "M"]) {
    const count = Math.trunc(whole / (UNIT_MS[unit] ?? 1));
    if (count <= DIGITS_MAX) return `${count}${unit}`;
  }
  return `${Math.min(DIGITS_MAX, Math.trunc(whole / 3_600_000))}H`;
}
