/**
 * An unsigned 64-bit integer as Envoy reads it from a header: with spaces around it and a `+` before it if need be; `undefined`
 * when it is none. Beyond 2^53 it is the nearest number.
 */
export function parseUint64(text: string): number | undefined {
  const digits = /^[\t-\r ]*\+?(\d+)[\t-\r ]*$/.exec(text)?.[1];
  const value = Number(digits ?? Number.NaN);
  return value < 2 ** 64 ? value : undefined;
}
