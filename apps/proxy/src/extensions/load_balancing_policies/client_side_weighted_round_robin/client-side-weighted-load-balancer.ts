import type { Timer } from "@sluice/extension-api";
import type { Host, LoadBalancerContext } from "../../../cluster/thread-local-cluster.ts";
import type { HostSet } from "../../../load-balancer/host-set.ts";
import type {
  LoadBalancer,
  LoadReportObserver,
  PolicyContext,
} from "../../../load-balancer/load-balancer.ts";
import { compileLocalityConfig } from "../../../load-balancer/locality-config.ts";
import { LocalityLoadBalancer } from "../../../load-balancer/locality-load-balancer.ts";
import { SlowStart, type SlowStartConfig } from "../../../load-balancer/slow-start.ts";
import { WeightedPicker } from "../../../load-balancer/weighted-picker.ts";
import { type WeightRule, weightOfReport } from "./weight-of-report.ts";

/** Plain data; times in ms. */
export interface ClientSideWeightedConfig extends WeightRule {
  /** A host's reports count only when it has sent them for so long; default 10 s. */
  readonly blackoutMs: number;
  /** Without a report for so long a host's weight is forgotten; default 3 min. */
  readonly expirationMs: number;
  /** How often weights are computed; default 1 s. */
  readonly updateMs: number;
  readonly slowStart: SlowStartConfig | undefined;
}

/**
 * Round robin by weights that follow from the hosts' load reports (ORCA): requests per second by utilization. Reports of
 * all threads count, those of responses and those that hosts are asked for.
 */
export class ClientSideWeightedLoadBalancer implements LoadBalancer {
  readonly onLoadReport: LoadReportObserver;
  readonly #config: ClientSideWeightedConfig;
  readonly #context: PolicyContext;
  readonly #inner: LocalityLoadBalancer;
  readonly #timer: Timer;
  #sets: readonly HostSet[] = [];
  #local: HostSet | undefined = undefined;
  /** Computed weights; undefined before the first computation: the endpoints' own hold. */
  #weights: ReadonlyMap<Host, number> | undefined = undefined;

  constructor(config: ClientSideWeightedConfig, context: PolicyContext) {
    this.#config = config;
    this.#context = context;
    const { random, clock, runtime, timers, byLocality } = context;
    const slow = config.slowStart === undefined ? undefined : new SlowStart(config.slowStart, clock, runtime);
    const weight = (host: Host): number =>
      (this.#weights?.get(host) ?? host.weight) * (slow?.factor(host) ?? 1);
    this.#inner = new LocalityLoadBalancer(
      context,
      { ...compileLocalityConfig(undefined), weighted: byLocality },
      (hosts) => new WeightedPicker(hosts, random, weight),
      slow,
    );
    this.onLoadReport = (host, report) => {
      const reported = weightOfReport(report, config);
      if (reported !== undefined) host.load?.note(reported, clock.wallMs());
    };
    this.#timer = timers.create(() => this.#recompute());
    this.#timer.arm(config.updateMs);
  }

  update(sets: readonly HostSet[], local: HostSet | undefined): void {
    this.#sets = sets;
    this.#local = local;
    // Hosts that have just come are not to count by their own weights among computed ones.
    if (this.#weights !== undefined) this.#weights = this.#compute();
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
    const before = this.#weights;
    const next = this.#compute();
    this.#weights = next;
    for (const [host, weight] of next) {
      if ((before?.get(host) ?? host.weight) === weight) continue;
      // The schedules hold turns by the old weights.
      this.#inner.update(this.#sets, this.#local);
      return;
    }
  }

  #compute(): ReadonlyMap<Host, number> {
    const { blackoutMs, expirationMs } = this.#config;
    const now = this.#context.clock.wallMs();
    const next = new Map<Host, number>();
    for (const { hosts } of this.#sets) {
      const known: number[] = [];
      const unknown: Host[] = [];
      for (const host of hosts) {
        const weight = host.load?.weightAt(now, blackoutMs, expirationMs);
        if (weight === undefined) unknown.push(host);
        else {
          known.push(weight);
          next.set(host, weight);
        }
      }
      // A host that says nothing gets the median of those that do.
      const middle = median(known);
      for (const host of unknown) next.set(host, middle);
    }
    return next;
  }
}

/** 1 of none; of an even number the mean of the two in the middle, rounded down. */
function median(weights: readonly number[]): number {
  const sorted = weights.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? 1;
  if (sorted.length % 2 === 1) return upper;
  return Math.floor(((sorted[(sorted.length >> 1) - 1] ?? upper) + upper) / 2);
}
