import type { Counter, StatsScope } from "@sluice/extension-api";

/**
 * `http1.` downstream; `cluster.<name>.http1.` upstream, where none of it can happen. Envoy's names. Nothing here counts
 * `metadata_not_supported_error` and `response_flood`: an HTTP/1 connection is given one response at a time, and METADATA frames
 * are not read.
 */
export interface Http1Stats {
  readonly droppedHeadersWithUnderscores: Counter;
  readonly requestsRejectedWithUnderscores: Counter;
}

/** `scope`: the one that is to hold `http1.`. */
export function createHttp1Stats(scope: StatsScope): Http1Stats {
  const own = scope.scope("http1");
  own.counter("metadata_not_supported_error");
  own.counter("response_flood");
  return {
    droppedHeadersWithUnderscores: own.counter("dropped_headers_with_underscores"),
    requestsRejectedWithUnderscores: own.counter("requests_rejected_with_underscores_in_headers"),
  };
}
