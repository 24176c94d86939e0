import type { HeaderMap } from "@sluice/extension-api";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import type { ResponseConfig } from "./config.ts";
import type { Refusal } from "./judge-response.ts";

const ACCEPT_ENCODING = "Accept-Encoding";

export function reportStatus(headers: HeaderMap, encoding: string, refusal: Refusal): void {
  headers.append(EnvoyHeader.compressionStatus, `${encoding};${refusal}`);
}

/** The response's headers, once it is to be compressed. */
export function markCompressed(headers: HeaderMap, encoding: string, config: ResponseConfig): void {
  if (config.statusHeader) {
    const length = headers.get("content-length") ?? "";
    headers.append(EnvoyHeader.compressionStatus, `${encoding};Compressed;OriginalLength=${length}`);
  }
  sanitizeEtag(headers, config.weakenEtag);
  headers.remove("content-length");
  headers.set("content-encoding", encoding);
}

/** A strong validator is one of the octets, which are others now (RFC 9110 §8.8.1). */
function sanitizeEtag(headers: HeaderMap, weaken: boolean): void {
  const etag = headers.get("etag");
  if (etag === undefined || /^w\//i.test(etag)) return;
  if (weaken) headers.set("etag", `W/${etag}`);
  else headers.remove("etag");
}

/** Tells caches that `accept-encoding` makes a difference. The token is looked for as it is written here, as in Envoy. */
export function markVary(headers: HeaderMap): void {
  const vary = headers.getAll("vary");
  if (vary === undefined) headers.set("vary", ACCEPT_ENCODING);
  else {
    const known = vary.split(",").some((one) => one.trim() === ACCEPT_ENCODING);
    headers.set("vary", known ? vary : `${vary}, ${ACCEPT_ENCODING}`);
  }
}
