import type { Timer } from "@sluice/extension-api";
import type { Host, LoadBalancerContext } from "../../../cluster/thread-local-cluster.ts";
import type { HostSet } from "../../../load-balancer/host-set.ts";
import type { LoadBalancer, PolicyContext, ResponseObserver } from "../../../load-balancer/load-balancer.ts";
import { compileLocalityConfig } from "../../../load-balancer/locality-config.ts";
import { LocalityLoadBalancer } from "../../../load-balancer/locality-load-balancer.ts";
import { SlowStart, type SlowStartConfig } from "../../../load-balancer/slow-start.ts";
import { WeightedPicker } from "../../../load-balancer/weighted-picker.ts";
import { readLoadReport } from "./read-load-report.ts";
import { weightOfReport } from "./weight-of-report.ts";

/** Plain data; times in ms. */
export interface ClientSideWeightedConfig {
  /** A host's reports count only when it has sent them for so long; default 10 s. */
  readonly blackoutMs: number;
  /** Without a report for so long a host's weight is forgotten; default 3 min. */
  readonly expirationMs: number;
  /** How often weights are computed; default 1 s. */
  readonly updateMs: number;
  readonly errorPenalty: number;
  readonly metricNames: readonly string[];
  readonly slowStart: SlowStartConfig | undefined;
}

/** What a host's load reports say. */
interface Reported {
  weight: number;
  /** Since when there are reports without a gap. */
  sinceMs: number;
  latestMs: number;
}

/** Shared by all balancers of this worker: what a host reports does not depend on who picked it. */
const reports = new WeakMap<Host, Reported>();

/** Round robin by weights that follow from the load reports (ORCA) in responses: requests per second by utilization. */
export class ClientSideWeightedLoadBalancer implements LoadBalancer {
  readonly onResponse: ResponseObserver;
  readonly #config: ClientSideWeightedConfig;
  readonly #context: PolicyContext;
  readonly #inner: LocalityLoadBalancer;
  readonly #timer: Timer;
  #sets: readonly HostSet[] = [];
  #local: HostSet | undefined = undefined;
  /** Computed weights; before the first computation the endpoints' own hold. */
  #weights = new Map<Host, number>();

  constructor(config: ClientSideWeightedConfig, context: PolicyContext) {
    this.#config = config;
    this.#context = context;
    const { random, clock, runtime, timers, byLocality } = context;
    const slow = config.slowStart === undefined ? undefined : new SlowStart(config.slowStart, clock, runtime);
    const weight = (host: Host): number =>
      (this.#weights.get(host) ?? host.weight) * (slow?.factor(host) ?? 1);
    this.#inner = new LocalityLoadBalancer(
      context,
      { ...compileLocalityConfig(undefined), weighted: byLocality },
      (hosts) => new WeightedPicker(hosts, random, weight),
      slow,
    );
    this.onResponse = (host, headers) => {
      const report = readLoadReport(headers);
      if (report === undefined) return;
      const reported = weightOfReport(report, config.metricNames, config.errorPenalty);
      if (reported !== undefined) note(host, reported, clock.nowMs());
    };
    this.#timer = timers.create(() => this.#recompute());
    this.#timer.arm(config.updateMs);
  }

  update(sets: readonly HostSet[], local: HostSet | undefined): void {
    this.#sets = sets;
    this.#local = local;
    this.#inner.update(sets, local);
  }

  choose(context: LoadBalancerContext): Host | undefined {
    return this.#inner.choose(context);
  }

  close(): void {
    this.#timer.disarm();
    this.#inner.close();
  }

  #recompute(): void {
    this.#timer.arm(this.#config.updateMs);
    const next = new Map<Host, number>();
    for (const { hosts } of this.#sets) {
      const known: number[] = [];
      const unknown: Host[] = [];
      for (const host of hosts) {
        const weight = this.#validWeight(host);
        if (weight === undefined) unknown.push(host);
        else {
          known.push(weight);
          next.set(host, weight);
        }
      }
      // A host that says nothing gets the median of those that do.
      known.sort((a, b) => a - b);
      const median = known[known.length >> 1] ?? 1;
      for (const host of unknown) next.set(host, median);
    }
    const before = this.#weights;
    this.#weights = next;
    for (const [host, weight] of next) {
      if (before.get(host) === weight) continue;
      // The schedules hold turns by the old weights.
      this.#inner.update(this.#sets, this.#local);
      return;
    }
  }

  #validWeight(host: Host): number | undefined {
    const reported = reports.get(host);
    if (reported === undefined) return undefined;
    const now = this.#context.clock.nowMs();
    if (reported.latestMs < now - this.#config.expirationMs) {
      reports.delete(host);
      return undefined;
    }
    return reported.sinceMs > now - this.#config.blackoutMs ? undefined : reported.weight;
  }
}

function note(host: Host, weight: number, now: number): void {
  const known = reports.get(host);
  if (known === undefined) reports.set(host, { weight, sinceMs: now, latestMs: now });
  else {
    known.weight = weight;
    known.latestMs = now;
  }
}
