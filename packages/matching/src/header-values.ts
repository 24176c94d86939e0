import type { HeaderView } from "./contract.ts";
import { ONE_LINE_IN_REQUESTS } from "./one-line-headers.ts";

/** Their lines are compared as one value; those of all others one by one. */
const LIST_HEADERS: ReadonlySet<string> = new Set([
  ...ONE_LINE_IN_REQUESTS,
  ":authority",
  "connection",
  "content-length",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Whether one of the values of `key` passes `test`; `undefined` when the header is missing. Allocates only for a header that
 * is repeated.
 */
export function someHeaderValue(
  headers: HeaderView,
  key: string,
  test: (value: string) => boolean,
): boolean | undefined {
  const joined = headers.getAll(key);
  if (joined === undefined) return undefined;
  if (!isRepeated(headers, key, joined)) return test(joined);
  return headerValues(headers, key).some(test);
}

/** Whether `joined` (what `getAll` gave) stands for several values that are compared one by one. */
export function isRepeated(headers: HeaderView, key: string, joined: string): boolean {
  return joined.includes(",") && headers.get(key) !== joined && !LIST_HEADERS.has(key);
}

export function headerValues(headers: HeaderView, key: string): string[] {
  const values: string[] = [];
  headers.forEach((name, value) => {
    if (name === key) values.push(value);
  });
  return values;
}
