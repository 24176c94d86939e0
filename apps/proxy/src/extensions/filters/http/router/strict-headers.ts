import type { HeaderMap } from "@sluice/extension-api";
import { envoyHeaderName } from "../../../../http/envoy-headers.ts";
import { parseRetryOn } from "../../../../http/retry-on.ts";
import { parseUint64 } from "./parse-uint64.ts";

/** `strict_check_headers`: those that can be checked, and how. */
const CHECKS: Readonly<Record<string, (value: string) => boolean>> = {
  "x-envoy-upstream-rq-timeout-ms": isInteger,
  "x-envoy-upstream-rq-per-try-timeout-ms": isInteger,
  "x-envoy-max-retries": isInteger,
  "x-envoy-retry-on": (value) => parseRetryOn(value, "http").unknown.length === 0,
  "x-envoy-retry-grpc-on": (value) => parseRetryOn(value, "grpc").unknown.length === 0,
};

/** The first of `names` (the usual ones, as configured) whose value in `headers` is not understood. */
export function findInvalidHeader(headers: HeaderMap, names: readonly string[]): string | undefined {
  return names.find((name) => {
    const value = headers.get(envoyHeaderName(name));
    return value !== undefined && CHECKS[name]?.(value) === false;
  });
}

function isInteger(value: string): boolean {
  return parseUint64(value) !== undefined;
}
