import type { Counter, Gauge, StatsScope } from "@sluice/extension-api";

/** `http2.` downstream, `cluster.<name>.http2.` upstream; Envoy's names. */
const COUNTERS = [
  "dropped_headers_with_underscores",
  "goaway_sent",
  "header_list_size_too_large",
  "header_overflow",
  "headers_cb_no_stream",
  "inbound_empty_frames_flood",
  "inbound_priority_frames_flood",
  "inbound_window_update_frames_flood",
  "keepalive_timeout",
  "outbound_control_flood",
  "outbound_flood",
  "requests_rejected_with_underscores_in_headers",
  "rx_messaging_error",
  "rx_reset",
  "stream_refused_errors",
  "trailers",
  "tx_flush_timeout",
  "tx_reset",
] as const;

export interface Http2Stats {
  readonly counters: Readonly<Record<(typeof COUNTERS)[number], Counter>>;
  readonly streamsActive: Gauge;
  readonly pendingSendBytes: Gauge;
}

/** `scope`: the one that is to hold `http2.`. */
export function createHttp2Stats(scope: StatsScope): Http2Stats {
  const own = scope.scope("http2");
  const counters = Object.fromEntries(COUNTERS.map((name) => [name, own.counter(name)]));
  return {
    counters: asCounters(counters),
    streamsActive: own.gauge("streams_active"),
    pendingSendBytes: own.gauge("pending_send_bytes"),
  };
}

/** The same at each call, listed from the first one on: with the first connection, as in Envoy. */
export function http2StatsOnce(scope: StatsScope): () => Http2Stats {
  let stats: Http2Stats | undefined;
  return () => {
    stats ??= createHttp2Stats(scope);
    return stats;
  };
}

/** Every name was made from `COUNTERS`. */
function asCounters(counters: Record<string, Counter>): Http2Stats["counters"] {
  return counters as Http2Stats["counters"];
}
