import type { HeaderMap } from "@sluice/extension-api";
import type { CompiledVirtualHost } from "@sluice/matching";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import { RouteEntry } from "./route-entry.ts";
import type { RoutePayload } from "./route-payload.ts";
import { NO_POLICIES } from "./route-policies.ts";

/** Whether `require_tls` of the virtual host sends this request away; nothing else of the host is asked then. */
export function needsHttps(host: CompiledVirtualHost<RoutePayload>, headers: HeaderMap): boolean {
  if (host.requireTls === "none" || headers.get("x-forwarded-proto") === "https") return false;
  return host.requireTls === "all" || headers.get(EnvoyHeader.internal) !== "true";
}

/** Where such a request goes: the same address by https, for good. */
export const HTTPS_REDIRECT: RouteEntry = new RouteEntry({
  name: "",
  virtualHostName: "",
  clusterName: undefined,
  metadata: undefined,
  levels: [],
  action: {
    kind: "redirect",
    status: 301,
    rewritePath: undefined,
    location: (headers) => `https://${headers.get(":authority") ?? ""}${headers.get(":path") ?? "/"}`,
  },
  stats: undefined,
  policies: NO_POLICIES,
  weightedMutations: undefined,
  requestMutations: [],
  responseMutations: [],
});
