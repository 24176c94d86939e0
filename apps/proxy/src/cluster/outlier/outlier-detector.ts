import type {
  Clock,
  Counter,
  Gauge,
  Random,
  Runtime,
  StatsScope,
  Timer,
  Timers,
} from "@sluice/extension-api";
import { DegradationDetector, HostDegradation } from "./host-degradation.ts";
import {
  OUTLIER_DETECTION_TYPES,
  type OutlierConfig,
  type OutlierDetectionType,
  type OutlierSign,
} from "./outlier-config.ts";
import type { OutlierEvent } from "./outlier-event.ts";
import { OutlierPage, type Volume } from "./outlier-page.ts";
import { outlierConfigNow } from "./outlier-runtime.ts";
import { judgeSuccessRates, type RatedHost } from "./success-rate.ts";

/** One host, as the detector keeps it. */
export class WatchedHost {
  /** What events call it; another one where a name has another. */
  address: string;
  readonly buffer: SharedArrayBuffer;
  readonly page: OutlierPage;
  readonly degradation = new HostDegradation();
  ejected = false;
  ejectedAtMs = 0;
  /** All ejections ever. */
  ejections = 0;
  returnedAtMs: number | undefined = undefined;
  jitterMs = 0;
  /** Ejections in a row; goes down with every interval without one. */
  backOff = 0;
  /** In percent; -1: too few requests to tell. */
  successRate = -1;
  localOriginSuccessRate = -1;
  last: Record<"external" | "local", Volume> = {
    external: { total: 0, success: 0 },
    local: { total: 0, success: 0 },
  };

  constructor(address: string, buffer: SharedArrayBuffer) {
    this.address = address;
    this.buffer = buffer;
    this.page = new OutlierPage(buffer);
  }
}

export interface OutlierDetectorOptions {
  readonly config: OutlierConfig;
  readonly concurrency: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly runtime: Runtime;
  /** `cluster.<name>.` */
  readonly stats: StatsScope;
  /** A host was ejected or is back. */
  onChange(): void;
  /** For the event log: something was done with a host, or would have been. */
  onEvent(event: Omit<OutlierEvent, "cluster">): void;
}

/** What Envoy still counts beside the stats that took their place. */
interface OlderStats {
  readonly total: Counter;
  readonly consecutive5xx: Counter;
  readonly successRate: Counter;
}

interface EjectionStats {
  readonly detected: Counter;
  readonly enforced: Counter;
}

/** What success rates were held against in the last interval, in percent; -1: too few hosts or requests. */
export interface SuccessRateBar {
  readonly average: number;
  readonly threshold: number;
}

const NOT_JUDGED: SuccessRateBar = { average: -1, threshold: -1 };

/** Envoy's outlier detection of one cluster, on the main thread: decides what workers' counts mean. */
export class OutlierDetector {
  readonly #options: OutlierDetectorOptions;
  readonly #hosts = new Map<string, WatchedHost>();
  readonly #timer: Timer;
  readonly #active: Gauge;
  readonly #enforcedTotal: Counter;
  readonly #overflow: Counter;
  readonly #older: OlderStats;
  readonly #degradations: DegradationDetector;
  readonly #byType: ReadonlyMap<OutlierDetectionType, EjectionStats>;
  #external = NOT_JUDGED;
  #local = NOT_JUDGED;

  constructor(options: OutlierDetectorOptions) {
    this.#options = options;
    const scope = options.stats.scope("outlier_detection");
    this.#active = scope.gauge("ejections_active");
    this.#enforcedTotal = scope.counter("ejections_enforced_total");
    this.#overflow = scope.counter("ejections_overflow");
    this.#older = {
      total: scope.counter("ejections_total"),
      consecutive5xx: scope.counter("ejections_consecutive_5xx"),
      successRate: scope.counter("ejections_success_rate"),
    };
    this.#degradations = new DegradationDetector(options, scope);
    this.#byType = new Map(
      OUTLIER_DETECTION_TYPES.map((type) => [
        type,
        {
          detected: scope.counter(`ejections_detected_${type}`),
          enforced: scope.counter(`ejections_enforced_${type}`),
        },
      ]),
    );
    this.#timer = options.timers.create(() => this.#onInterval());
    this.#timer.arm(this.#config.intervalMs);
  }

  /** Addresses by the hosts' keys. Keeps what is known of hosts that stay. */
  setHosts(hosts: ReadonlyMap<string, string>): void {
    for (const [key, host] of this.#hosts) {
      if (hosts.has(key)) continue;
      if (host.ejected) this.#active.sub(1);
      this.#hosts.delete(key);
    }
    for (const [key, address] of hosts) {
      const known = this.#hosts.get(key);
      if (known === undefined)
        this.#hosts.set(key, new WatchedHost(address, OutlierPage.allocate(this.#options.concurrency)));
      else known.address = address;
    }
  }

  get(key: string): WatchedHost | undefined {
    return this.#hosts.get(key);
  }

  /** Of answers, or of what happened before there was one (`local`). */
  successRateBar(local: boolean): SuccessRateBar {
    return local ? this.#local : this.#external;
  }

  stop(): void {
    this.#timer.disarm();
    this.#active.sub(this.#ejectedCount());
    this.#hosts.clear();
  }

  /** A worker saw the threshold reached, or a host that calls itself degraded. */
  onSign(key: string, type: OutlierSign): void {
    const host = this.#hosts.get(key);
    if (host === undefined) return;
    if (type === "degradation") {
      if (this.#degradations.onDegraded(host)) this.#options.onChange();
      return;
    }
    if (host.ejected) return;
    if (this.#eject(host, type)) this.#options.onChange();
    if (type === "consecutive_5xx") this.#older.consecutive5xx.inc();
    host.page.reset(type);
  }

  /** An active health check has passed. */
  onHealthCheckPassed(key: string): void {
    const host = this.#hosts.get(key);
    if (host?.ejected !== true || !this.#options.config.unejectOnHealthCheck) return;
    this.#uneject(host);
    this.#options.onChange();
  }

  #ejectedCount(): number {
    let count = 0;
    for (const { ejected } of this.#hosts.values()) if (ejected) count++;
    return count;
  }

  /** Counts a detection, and answers whether it took the host out. */
  #eject(host: WatchedHost, type: OutlierDetectionType): boolean {
    const { runtime, random, clock } = this.#options;
    const config = this.#config;
    const stats = this.#byType.get(type);
    stats?.detected.inc();
    if (type.endsWith("success_rate")) this.#older.successRate.inc();
    const active = this.#ejectedCount();
    const most = Math.min(100, config.maxEjectionPercent);
    const fits = (100 * (active + 1)) / this.#hosts.size <= most;
    if (!fits && !(config.alwaysEjectOneHost && active === 0)) {
      this.#overflow.inc();
      return false;
    }
    if (type === "consecutive_5xx" || type === "success_rate") this.#older.total.inc();
    const enforcing = config.enforcing[type];
    const key = `outlier_detection.enforcing_${type === "local_origin_failure_percentage" ? "failure_percentage_local_origin" : type}`;
    if (!runtime.featureEnabled(key, enforcing, 100, random.uint32())) {
      this.#tellEjection(host, type, false);
      return false;
    }
    stats?.enforced.inc();
    this.#enforcedTotal.inc();
    // By its success rate a moment ago: as in Envoy that is another ejection, but for the gauge, which Envoy does not take back.
    if (!host.ejected) this.#active.add(1);
    host.ejected = true;
    host.ejectedAtMs = clock.nowMs();
    const { baseEjectionTimeMs, maxEjectionTimeMs } = config;
    // No longer than it takes to reach the greatest time: what goes beyond would only have to come down again.
    if (host.backOff * baseEjectionTimeMs < maxEjectionTimeMs + baseEjectionTimeMs) host.backOff++;
    host.ejections++;
    host.jitterMs =
      config.maxEjectionTimeJitterMs > 0
        ? random.uint32() % Math.ceil(config.maxEjectionTimeJitterMs + 1)
        : 0;
    this.#tellEjection(host, type, true);
    return true;
  }

  #tellEjection(host: WatchedHost, type: OutlierDetectionType, enforced: boolean): void {
    const local = type.startsWith("local_origin");
    const { returnedAtMs, ejections } = host;
    this.#options.onEvent({
      host: host.address,
      ejections,
      sinceLastActionMs: returnedAtMs === undefined ? undefined : this.#options.clock.nowMs() - returnedAtMs,
      ejection: {
        type,
        enforced,
        successRate: local ? host.localOriginSuccessRate : host.successRate,
        ...this.successRateBar(local),
      },
    });
  }

  #uneject(host: WatchedHost): void {
    host.ejected = false;
    const nowMs = this.#options.clock.nowMs();
    host.returnedAtMs = nowMs;
    const { address, ejections } = host;
    const sinceLastActionMs = nowMs - host.ejectedAtMs;
    this.#options.onEvent({ host: address, ejections, sinceLastActionMs, ejection: undefined });
    this.#active.sub(1);
    host.page.reset("consecutive_5xx");
    host.page.reset("consecutive_gateway_failure");
    host.page.reset("consecutive_local_origin_failure");
  }

  get #config(): OutlierConfig {
    return outlierConfigNow(this.#options.config, this.#options.runtime);
  }

  #onInterval(): void {
    const config = this.#config;
    let changed = this.#returnHosts(config);
    changed = this.#judge(config, false) || changed;
    if (config.splitLocalOrigin) changed = this.#judge(config, true) || changed;
    this.#calmDown(config);
    if (changed) this.#options.onChange();
    this.#timer.arm(config.intervalMs);
  }

  #returnHosts(config: OutlierConfig): boolean {
    const now = this.#options.clock.nowMs();
    let changed = false;
    for (const host of this.#hosts.values()) {
      changed = this.#degradations.onInterval(host, config) || changed;
      if (!host.ejected) continue;
      const forMs =
        Math.min(config.baseEjectionTimeMs * host.backOff, config.maxEjectionTimeMs) + host.jitterMs;
      if (now - host.ejectedAtMs < forMs) continue;
      this.#uneject(host);
      changed = true;
    }
    return changed;
  }

  /** Of hosts that have been back for a whole interval. */
  #calmDown({ intervalMs }: OutlierConfig): void {
    const now = this.#options.clock.nowMs();
    for (const host of this.#hosts.values()) {
      if (host.ejected || host.returnedAtMs === undefined || now - host.returnedAtMs < intervalMs) continue;
      if (host.backOff > 0) host.backOff--;
    }
  }

  /** Success rates and failure percentages of the interval that ends now. */
  #judge(config: OutlierConfig, local: boolean): boolean {
    const which = local ? "local" : "external";
    const least = Math.min(config.successRateRequestVolume, config.failurePercentageRequestVolume);
    const enoughHosts =
      this.#hosts.size >= Math.min(config.successRateMinimumHosts, config.failurePercentageMinimumHosts);
    const forSuccessRate: RatedHost<WatchedHost>[] = [];
    const forFailures: RatedHost<WatchedHost>[] = [];
    for (const host of this.#hosts.values()) {
      const volume = host.page.volume(local);
      const total = volume.total - host.last[which].total;
      const success = volume.success - host.last[which].success;
      host.last[which] = volume;
      const rated = enoughHosts && !host.ejected && total > 0 && total >= least;
      const rate = rated ? (100 * success) / total : -1;
      if (local) host.localOriginSuccessRate = rate;
      else host.successRate = rate;
      if (!rated) continue;
      if (total >= config.successRateRequestVolume) forSuccessRate.push({ host, successRate: rate });
      if (total >= config.failurePercentageRequestVolume) forFailures.push({ host, successRate: rate });
    }
    let changed = false;
    let bar = NOT_JUDGED;
    if (forSuccessRate.length > 0 && forSuccessRate.length >= config.successRateMinimumHosts) {
      const judged = judgeSuccessRates(forSuccessRate, config.successRateStdevFactor);
      const { outliers } = judged;
      bar = judged;
      // Before the ejections, whose events tell it.
      if (local) this.#local = bar;
      else this.#external = bar;
      for (const { host } of outliers) {
        changed = this.#eject(host, local ? "local_origin_success_rate" : "success_rate") || changed;
      }
    }
    if (local) this.#local = bar;
    else this.#external = bar;
    if (forFailures.length > 0 && forFailures.length >= config.failurePercentageMinimumHosts) {
      for (const { host, successRate } of forFailures) {
        if (100 - successRate < config.failurePercentageThreshold) continue;
        changed =
          this.#eject(host, local ? "local_origin_failure_percentage" : "failure_percentage") || changed;
      }
    }
    return changed;
  }
}
