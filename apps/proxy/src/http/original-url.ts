import type { HeaderMap } from "@sluice/extension-api";
import { EnvoyHeader } from "./envoy-headers.ts";

const PATH_OCTETS_MAX = 256;

/** The request's URL before any route rewrote it, as the realm of a challenge; a long path is cut off. */
export function originalUrl(headers: HeaderMap): string {
  const path = headers.get(EnvoyHeader.originalPath) ?? headers.get(":path") ?? "";
  const origin = `${headers.get(":scheme") ?? "http"}://${headers.get(":authority") ?? ""}`;
  return origin + path.slice(0, PATH_OCTETS_MAX);
}
