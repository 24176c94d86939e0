import type { Headers } from "../../../../http/header-map.ts";

/** Whether a request has headers of the kind by which the router is asked for timeouts, retries and the like. */
export function asksRouter(headers: Headers): boolean {
  return headers.hasName(isAsking);
}

function isAsking(name: string): boolean {
  return name.startsWith("x-envoy-") && name !== "x-envoy-internal" && name !== "x-envoy-external-address";
}
