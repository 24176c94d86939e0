import type { Clock, Counter, StatsScope } from "@sluice/extension-api";
import type { OutlierConfig } from "./outlier-config.ts";
import type { OutlierDetectorOptions, WatchedHost } from "./outlier-detector.ts";

/** Of one host: what its own `x-envoy-degraded` came to. Apart from ejections, which may hold at the same time. */
export class HostDegradation {
  active = false;
  sinceMs = 0;
  /** In a row; goes down with every interval without one. */
  backOff = 0;
}

/**
 * `detect_degraded_hosts`: a host that calls itself degraded in a response is so for `base_ejection_time`, longer each time. It stays in
 * rotation, with less of the load.
 */
export class DegradationDetector {
  readonly #clock: Clock;
  readonly #onEvent: OutlierDetectorOptions["onEvent"];
  readonly #detected: Counter;

  constructor({ clock, onEvent }: OutlierDetectorOptions, scope: StatsScope) {
    this.#clock = clock;
    this.#onEvent = onEvent;
    this.#detected = scope.counter("ejections_detected_degradation");
  }

  /** Answers whether it is news. */
  onDegraded(host: WatchedHost): boolean {
    const { degradation, address, ejections, returnedAtMs } = host;
    if (degradation.active) return false;
    const nowMs = this.#clock.nowMs();
    degradation.active = true;
    degradation.sinceMs = nowMs;
    degradation.backOff++;
    this.#detected.inc();
    this.#onEvent({
      host: address,
      ejections,
      sinceLastActionMs: returnedAtMs === undefined ? undefined : nowMs - returnedAtMs,
      ejection: { type: "degradation", enforced: true, successRate: -1, average: -1, threshold: -1 },
    });
    return true;
  }

  /** Another interval is over; answers whether the host's time is. */
  onInterval(host: WatchedHost, config: OutlierConfig): boolean {
    const { degradation, address, ejections, ejectedAtMs } = host;
    if (!degradation.active) {
      if (degradation.backOff > 0) degradation.backOff--;
      return false;
    }
    const nowMs = this.#clock.nowMs();
    const { baseEjectionTimeMs, maxEjectionTimeMs } = config;
    if (nowMs - degradation.sinceMs < Math.min(baseEjectionTimeMs * degradation.backOff, maxEjectionTimeMs))
      return false;
    degradation.active = false;
    host.page.reset("degradation");
    const sinceLastActionMs = ejections === 0 ? undefined : nowMs - ejectedAtMs;
    this.#onEvent({ host: address, ejections, sinceLastActionMs, ejection: undefined });
    return true;
  }
}
