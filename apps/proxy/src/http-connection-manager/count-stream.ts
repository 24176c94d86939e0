import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";

/** A request begins. */
export function countStart(config: ConnectionManagerConfig, isHttp2: boolean): void {
  countRequest(config, isHttp2);
  config.stats.rqActive.add(1);
}

/** Also of one that goes on behind an internal redirect. */
export function countRequest({ stats }: ConnectionManagerConfig, isHttp2: boolean): void {
  stats.counters.downstream_rq_total.inc();
  if (isHttp2) stats.counters.downstream_rq_http2_total.inc();
  else stats.counters.downstream_rq_http1_total.inc();
}

/** A request is over. `sent`: the client got the response, so that it counts. */
export function countEnd(
  config: ConnectionManagerConfig,
  info: RequestStreamInfo,
  durationMs: number,
  sent: boolean,
): void {
  const { stats } = config;
  if (info.healthCheck) stats.healthChecks.inc();
  else if (sent && isFinal(info.responseCode)) countResponse(config, info.responseCode);
  stats.rqTime.record(durationMs);
}

/** Interim ones have counted when they went out; 0 is none. */
const isFinal = (status: number): boolean => status >= 200 || status === 101;

/** As in Envoy interim responses count beside the one that they precede. */
export function countResponse({ stats, listenerStats }: ConnectionManagerConfig, status: number): void {
  const index = Math.trunc(status / 100) - 1;
  stats.counters.downstream_rq_completed.inc();
  stats.classes[index]?.inc();
  listenerStats.completed.inc();
  listenerStats.classes[index]?.inc();
}
