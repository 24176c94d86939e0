import type { Runtime } from "@sluice/extension-api";
import type { UpstreamHttpConfig } from "./compile-http-options.ts";

const LIMITS = "envoy.reloadable_features.max_response_headers";

/** How much head a response may have: the configuration's word, or the runtime's at the time when the cluster was made. */
export function responseHeadLimits(
  { maxResponseHeadersKb, maxResponseHeadersCount }: UpstreamHttpConfig,
  runtime: Runtime,
): { readonly http1Bytes: number; readonly http2Bytes: number; readonly fields: number } {
  // Where nobody says it, it is not the same for both protocols.
  const kib = maxResponseHeadersKb ?? runtime.integer(`${LIMITS}_size_kb`, 0);
  return {
    http1Bytes: (kib || 80) * 1024,
    http2Bytes: (kib || 60) * 1024,
    fields: maxResponseHeadersCount ?? runtime.integer(`${LIMITS}_count`, 100),
  };
}
