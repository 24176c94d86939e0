import type { Clock, Counter, Gauge, Random, Runtime, Timer, Timers } from "@sluice/extension-api";
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
  /** A check has ended; the flags say how the host is now. */
  onChecked(): void;
  log(event: HealthEvent): void;
}

export interface SessionContext {
  readonly config: HealthCheckConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** `health_check.min_interval` and `.max_interval` bound every wait. */
  readonly runtime: Pick<Runtime, "integer">;
  readonly stats: HealthCheckStats;
  /** Whether an answer may say that the host is to be left out; as in Envoy, only where no other check looks at it. */
  readonly alone: boolean;
  /** The cluster has had a connection: the no-traffic intervals are over. */
  hadTraffic(): boolean;
}

/** What an outcome means for the host: nothing new, that it counts towards a threshold, or another health. */
type Transition = "none" | "pending" | "changed";

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
    if (initialJitterMs > 0) this.#interval.arm(this.#jittered(0, initialJitterMs));
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
    this.#failed("passive", false, 0);
  }

  onSuccess(degraded: boolean): void {
    if (this.#stopped) return;
    const host = this.#host;
    const { stats, config } = this.#context;
    this.#unhealthyRow = 0;
    let transition: Transition = "none";
    if ((host.flags & HealthFlag.FailedActiveHc) !== 0) {
      transition = "pending";
      if (this.#first || ++this.#healthyRow === config.healthyThreshold) {
        host.flags &= ~(
          HealthFlag.FailedActiveHc |
          HealthFlag.ActiveHcTimeout |
          HealthFlag.ExcludedViaImmediateHcFail
        );
        stats.healthy.add(1);
        transition = "changed";
        host.log({ kind: "add_healthy", firstCheck: this.#first });
      }
    }
    if (transition !== "changed" && config.alwaysLogSuccess) host.log({ kind: "success" });
    if (this.#clearPending()) transition = "changed";
    if (degraded !== ((host.flags & HealthFlag.DegradedActiveHc) !== 0)) {
      host.flags ^= HealthFlag.DegradedActiveHc;
      stats.degraded.add(degraded ? 1 : -1);
      host.log({ kind: degraded ? "degraded" : "no_longer_degraded" });
      if (transition === "none") transition = "changed";
    }
    stats.success.inc();
    this.#first = false;
    this.#timeout.disarm();
    host.onChecked();
    this.#arm(true, transition);
  }

  onFailure(failure: ProbeFailure, retriable: boolean, immediate: boolean, status = 0): void {
    if (this.#stopped) return;
    if (immediate && this.#context.alone) this.#host.flags |= HealthFlag.ExcludedViaImmediateHcFail;
    this.#timeout.disarm();
    this.#arm(false, this.#failed(failure, retriable, status));
  }

  #failed(failure: ProbeFailure, retriable: boolean, status: number): Transition {
    const host = this.#host;
    const { stats, config } = this.#context;
    const network = failure === "network" || failure === "network_timeout";
    this.#healthyRow = 0;
    let transition: Transition = "none";
    if ((host.flags & HealthFlag.FailedActiveHc) === 0) {
      transition = "pending";
      if ((!network && !retriable) || ++this.#unhealthyRow === config.unhealthyThreshold) {
        host.flags |= HealthFlag.FailedActiveHc;
        stats.healthy.sub(1);
        transition = "changed";
        host.log({ kind: "eject_unhealthy", failure, status });
      }
    }
    if (failure === "network_timeout" && (host.flags & HealthFlag.FailedActiveHc) !== 0)
      host.flags |= HealthFlag.ActiveHcTimeout;
    else host.flags &= ~HealthFlag.ActiveHcTimeout;
    if (this.#clearPending()) transition = "changed";
    const first = this.#first;
    if (first || config.alwaysLogFailures) host.log({ kind: "failure", failure, firstCheck: first, status });
    stats.failure.inc();
    if (network) stats.networkFailure.inc();
    else if (failure === "passive") stats.passiveFailure.inc();
    this.#first = false;
    host.onChecked();
    return transition;
  }

  #clearPending(): boolean {
    const pending = (this.#host.flags & HealthFlag.PendingActiveHc) !== 0;
    if (pending) this.#host.flags &= ~HealthFlag.PendingActiveHc;
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

  /** The edge intervals hold while a threshold is being reached. */
  #arm(healthy: boolean, transition: Transition): void {
    if (this.#stopped) return;
    const { config } = this.#context;
    const pending = transition === "pending";
    let ms: number;
    if (!this.#context.hadTraffic()) {
      ms = healthy && !pending ? config.noTrafficHealthyIntervalMs : config.noTrafficIntervalMs;
    } else if (healthy) ms = pending ? config.healthyEdgeIntervalMs : config.intervalMs;
    else ms = pending ? config.unhealthyEdgeIntervalMs : config.unhealthyIntervalMs;
    this.#interval.arm(this.#jittered(ms, config.intervalJitterMs));
  }

  #jittered(baseMs: number, jitterMs: number): number {
    const { config, random, runtime } = this.#context;
    const share = Math.floor((config.intervalJitterPercent * baseMs) / 100);
    let ms = baseMs;
    if (share > 0) ms += random.uint32() % share;
    if (jitterMs >= 1) ms += random.uint32() % Math.floor(jitterMs);
    const most = runtime.integer("health_check.max_interval", Number.POSITIVE_INFINITY);
    return Math.max(1, Math.min(ms, most), runtime.integer("health_check.min_interval", 0));
  }
}
