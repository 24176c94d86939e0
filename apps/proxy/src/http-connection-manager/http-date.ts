let cached = "";
let cachedSecond = -1;

/** IMF-fixdate (RFC 9110 §5.6.7), built once a second. `wallMs`: milliseconds since the epoch. */
export function httpDate(wallMs: number): string {
  const second = Math.floor(wallMs / 1000);
  if (second !== cachedSecond) {
    cachedSecond = second;
    cached = new Date(second * 1000).toUTCString();
  }
  return cached;
}
