import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import type { RequestStreamInfo } from "./request-stream-info.ts";

/** A request begins. */
export function countStart(config: ConnectionManagerConfig, isHttp2: boolean): void {
  const { stats } = config;
  stats.counters.downstream_rq_total.inc();
  if (isHttp2) stats.counters.downstream_rq_http2_total.inc();
  else stats.counters.downstream_rq_http1_total.inc();
  stats.rqActive.add(1);
}

/** A request is over. `sent`: the client got the response, so that it counts. */
export function countEnd(
  config: ConnectionManagerConfig,
  info: RequestStreamInfo,
  durationMs: number,
  sent: boolean,
): void {
  const { stats, listenerStats } = config;
  if (info.healthCheck) stats.healthChecks.inc();
  else if (sent && info.responseCode !== 0) {
    const index = Math.trunc(info.responseCode / 100) - 1;
    stats.counters.downstream_rq_completed.inc();
    stats.classes[index]?.inc();
    listenerStats.completed.inc();
    listenerStats.classes[index]?.inc();
  }
  stats.rqTime.record(durationMs);
}
