import { EnvoyHeader, EnvoyHeaderNames } from "../../../../http/envoy-headers.ts";
import type { Headers } from "../../../../http/header-map.ts";

/** Whether a request has headers of the kind by which the router is asked for timeouts, retries and the like. */
export function asksRouter(headers: Headers): boolean {
  return headers.hasName(isAsking);
}

function isAsking(name: string): boolean {
  return (
    name.startsWith(EnvoyHeaderNames.prefix) &&
    name !== EnvoyHeader.internal &&
    name !== EnvoyHeader.externalAddress
  );
}
