import type { Clock, Counter, Gauge, Random, Timer, Timers } from "@sluice/extension-api";
import type { HealthCheckConfig } from "./health-check-config.ts";
import type { HealthEvent, ProbeFailure } from "./health-event.ts";
import { HealthFlag } from "./health-flag.ts";

/** Who hears of a probe's end; one call per `start`. */
export interface ProbeSink {
  onSuccess(degraded: boolean): void;
  /** `status`: of an HTTP answer. `retriable`: counts towards the threshold only. `immediate`: the host asked to be left out at once. */
  onFailure(failure: ProbeFailure, retriable: boolean, immediate: boolean, status?: number): void;
}

/** Checks one host once per `start`; keeps its connection where it may. */
export interface Probe {
  start(): void;
  /** The time is up: nothing is told any more, the connection is given up. */
  abandon(): void;
  close(): void;
}

/** `cluster.<name>.health_check.` */
export interface HealthCheckStats {
  readonly attempt: Counter;
  readonly success: Counter;
  readonly failure: Counter;
  readonly passiveFailure: Counter;
  readonly networkFailure: Counter;
  readonly healthy: Gauge;
  readonly degraded: Gauge;
}

/** What a session may read and change of its host. */
export interface CheckedHost {
  flags: number;
  /** The flags, or that the host was checked, have changed (`changed`), or a check has passed without a change. */
  onChecked(changed: boolean, healthy: boolean): void;
  log(event: HealthEvent): void;
}

export interface SessionContext {
  readonly config: HealthCheckConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly stats: HealthCheckStats;
  /** The cluster has had a connection: the no-traffic intervals are over. */
  hadTraffic(): boolean;
}

/**
 * One host under one active health check: Envoy's thresholds and intervals. A wrong answer fails the host at once, no answer
 * after `unhealthy_threshold` times; the first check decides alone, whatever `healthy_threshold` says.
 */
export class HealthCheckSession implements ProbeSink {
  readonly #context: SessionContext;
  readonly #host: CheckedHost;
  readonly #probe: Probe;
  readonly #interval: Timer;
  readonly #timeout: Timer;
  #first = true;
  #healthyRow = 0;
  #unhealthyRow = 0;
  #stopped = false;

  constructor(context: SessionContext, host: CheckedHost, createProbe: (sink: ProbeSink) => Probe) {
    this.#context = context;
    this.#host = host;
    this.#probe = createProbe(this);
    this.#interval = context.timers.create(() => this.#check());
    this.#timeout = context.timers.create(() => this.#onTimeout());
    if ((host.flags & HealthFlag.FailedActiveHc) === 0) context.stats.healthy.add(1);
  }

  start(): void {
    const { initialJitterMs } = this.#context.config;
    if (initialJitterMs > 0) this.#interval.arm(this.#context.random.uint32() % Math.ceil(initialJitterMs));
    else this.#check();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#interval.disarm();
    this.#timeout.disarm();
    this.#probe.close();
    const { stats } = this.#context;
    if ((this.#host.flags & HealthFlag.FailedActiveHc) === 0) stats.healthy.sub(1);
    if ((this.#host.flags & HealthFlag.DegradedActiveHc) !== 0) stats.degraded.sub(1);
  }

  /** The host told a request to take it out (`x-envoy-immediate-health-check-fail`). */
  failAtOnce(): void {
    if (this.#stopped) return;
    this.#host.flags |= HealthFlag.ExcludedViaImmediateHcFail;
    this.#failed("passive", false, false, 0);
  }

  onSuccess(degraded: boolean): void {
    if (this.#stopped) return;
    const host = this.#host;
    const { stats, config } = this.#context;
    this.#unhealthyRow = 0;
    let changed = this.#clearPending();
    if ((host.flags & HealthFlag.FailedActiveHc) !== 0) {
      if (this.#first || ++this.#healthyRow >= config.healthyThreshold) {
        host.flags &= ~(
          HealthFlag.FailedActiveHc |
          HealthFlag.ActiveHcTimeout |
          HealthFlag.ExcludedViaImmediateHcFail
        );
        stats.healthy.add(1);
        changed = true;
        host.log({ kind: "add_healthy", firstCheck: this.#first });
      }
    }
    if (degraded !== ((host.flags & HealthFlag.DegradedActiveHc) !== 0)) {
      host.flags ^= HealthFlag.DegradedActiveHc;
      stats.degraded.add(degraded ? 1 : -1);
      changed = true;
      host.log({ kind: degraded ? "degraded" : "no_longer_degraded" });
    }
    stats.success.inc();
    if (config.alwaysLogSuccess) host.log({ kind: "success" });
    this.#first = false;
    this.#timeout.disarm();
    host.onChecked(changed, true);
    this.#arm(true, changed);
  }

  onFailure(failure: ProbeFailure, retriable: boolean, immediate: boolean, status = 0): void {
    if (this.#stopped) return;
    if (immediate) this.#host.flags |= HealthFlag.ExcludedViaImmediateHcFail;
    this.#timeout.disarm();
    const changed = this.#failed(failure, retriable, true, status);
    this.#arm(false, changed);
  }

  /** Answers whether the host's state is another one now. `counts`: an outcome of a check of its own. */
  #failed(failure: ProbeFailure, retriable: boolean, counts: boolean, status: number): boolean {
    const host = this.#host;
    const { stats, config } = this.#context;
    const network = failure === "network" || failure === "network_timeout";
    this.#healthyRow = 0;
    let changed = this.#clearPending();
    const first = this.#first;
    if ((host.flags & HealthFlag.FailedActiveHc) === 0) {
      if ((!network && !retriable) || ++this.#unhealthyRow >= config.unhealthyThreshold) {
        host.flags |= HealthFlag.FailedActiveHc;
        stats.healthy.sub(1);
        changed = true;
        host.log({ kind: "eject_unhealthy", failure, status });
      }
    }
    if (failure === "network_timeout") host.flags |= HealthFlag.ActiveHcTimeout;
    else host.flags &= ~HealthFlag.ActiveHcTimeout;
    if (first || config.alwaysLogFailures) host.log({ kind: "failure", failure, firstCheck: first, status });
    stats.failure.inc();
    if (network) stats.networkFailure.inc();
    else if (failure === "passive") stats.passiveFailure.inc();
    if (counts) this.#first = false;
    host.onChecked(changed, false);
    return changed;
  }

  #clearPending(): boolean {
    const pending = (this.#host.flags & HealthFlag.PendingActiveHc) !== 0;
    this.#host.flags &= ~HealthFlag.PendingActiveHc;
    return pending;
  }

  #check(): void {
    this.#context.stats.attempt.inc();
    this.#timeout.arm(this.#context.config.timeoutMs);
    this.#probe.start();
  }

  #onTimeout(): void {
    this.#probe.abandon();
    this.onFailure("network_timeout", false, false);
  }

  #arm(healthy: boolean, changed: boolean): void {
    if (this.#stopped) return;
    const { config, random } = this.#context;
    let ms: number;
    if (!this.#context.hadTraffic()) {
      ms = healthy ? config.noTrafficHealthyIntervalMs : config.noTrafficIntervalMs;
    } else if (healthy) ms = changed ? config.healthyEdgeIntervalMs : config.intervalMs;
    else ms = changed ? config.unhealthyEdgeIntervalMs : config.unhealthyIntervalMs;
    if (config.intervalJitterPercent > 0) {
      ms += ms * ((random.uint32() % config.intervalJitterPercent) / 100);
    }
    if (config.intervalJitterMs > 0) ms += random.uint32() % Math.ceil(config.intervalJitterMs);
    this.#interval.arm(Math.max(1, ms));
  }
}
