import type { Host, LoadBalancerContext } from "../cluster/thread-local-cluster.ts";
import { type HostSet, localityWeights } from "./host-set.ts";
import { below, type HostPicker, type LoadBalancer, type PolicyContext } from "./load-balancer.ts";
import type { LocalityConfig } from "./locality-config.ts";
import { LocalityWheel } from "./locality-wheel.ts";
import { computePriorityState, isInPanic, type PriorityState } from "./priority-load.ts";
import type { SlowStart } from "./slow-start.ts";
import { chooseZone, computeZoneRouting, type ZoneRouting } from "./zone-routing.ts";

/** A policy's picker over one list of hosts. `previous`: the one in its place before the update, to go on from. */
export type CreatePicker = (hosts: readonly Host[], previous: HostPicker | undefined) => HostPicker;

/** A list of hosts and its picker, which is made when the list is first used. */
class HostSource {
  readonly #hosts: readonly Host[];
  readonly #create: CreatePicker;
  readonly #previous: HostPicker | undefined;
  #picker: HostPicker | undefined = undefined;

  constructor(hosts: readonly Host[], create: CreatePicker, previous: HostSource | undefined) {
    this.#hosts = hosts;
    this.#create = create;
    this.#previous = previous?.latest;
  }
  get latest(): HostPicker | undefined {
    return this.#picker ?? this.#previous;
  }
  pick(context: LoadBalancerContext): Host | undefined {
    if (this.#hosts.length === 0) return undefined;
    this.#picker ??= this.#create(this.#hosts, this.#previous);
    return this.#picker.pick(context);
  }
}

interface Level {
  readonly all: HostSource;
  readonly healthy: HostSource;
  readonly degraded: HostSource;
  readonly localities: readonly { readonly healthy: HostSource; readonly degraded: HostSource }[];
  readonly healthyWheel: LocalityWheel | undefined;
  readonly degradedWheel: LocalityWheel | undefined;
  readonly panic: boolean;
}

/**
 * What policies share that pick host by host: the priority is drawn by load, then (where configured) the locality by weight
 * or zone, then the policy's picker says which host. In panic all hosts of the priority are used whatever their health.
 */
export class LocalityLoadBalancer implements LoadBalancer {
  readonly onLoadReport = undefined;
  readonly #context: PolicyContext;
  readonly #config: LocalityConfig;
  readonly #createPicker: CreatePicker;
  readonly #slowStart: SlowStart | undefined;
  #sets: readonly HostSet[] = [];
  #levels: readonly Level[] = [];
  #state: PriorityState | undefined = undefined;
  /** Index of the only priority, healthy, that gets requests; -1: it is drawn. */
  #only = -1;
  #zones: ZoneRouting | undefined = undefined;
  #localInPanic = false;
  readonly #foresees: boolean;
  /** Drawn already, for the next requests. */
  #foreseen: Host[] = [];
  #healthyCount = 0;

  constructor(
    context: PolicyContext,
    config: LocalityConfig,
    createPicker: CreatePicker,
    slowStart?: SlowStart | undefined,
    /** Its picks do not depend on requests, so that they can be made ahead. */
    foresees = false,
  ) {
    this.#context = context;
    this.#config = config;
    this.#createPicker = createPicker;
    this.#slowStart = slowStart;
    this.#foresees = foresees;
  }

  update(sets: readonly HostSet[], local: HostSet | undefined): void {
    const { runtime, panicThreshold, random, stats } = this.#context;
    const threshold = Math.min(100, runtime.integer("upstream.healthy_panic_threshold", panicThreshold));
    const state = computePriorityState(sets, threshold);
    const before = this.#levels;
    for (const set of sets) this.#slowStart?.note(set.hosts);
    this.#sets = sets;
    this.#state = state;
    this.#foreseen = [];
    this.#healthyCount = sets.reduce((sum, { healthy }) => sum + healthy.length, 0);
    this.#levels = sets.map((set, priority) => {
      const old = before[priority];
      const weighted = this.#config.weighted && localityWeights(set) !== undefined;
      return {
        all: this.#source(set.hosts, old?.all),
        healthy: this.#source(set.healthy, old?.healthy),
        degraded: this.#source(set.degraded, old?.degraded),
        localities: set.localities.map((locality, index) => ({
          healthy: this.#source(locality.healthy, old?.localities[index]?.healthy),
          degraded: this.#source(locality.degraded, old?.localities[index]?.degraded),
        })),
        healthyWheel: weighted ? LocalityWheel.create(set, "healthy", random) : undefined,
        degradedWheel: weighted ? LocalityWheel.create(set, "degraded", random) : undefined,
        panic: state.panic[priority] ?? false,
      };
    });
    this.#only = state.loads.healthy.indexOf(100);
    const [first] = sets;
    this.#zones =
      local === undefined || first === undefined
        ? undefined
        : computeZoneRouting(first, local, this.#config.zoneAware, runtime, stats);
    this.#localInPanic = local !== undefined && isInPanic(local, threshold);
  }

  choose(context: LoadBalancerContext): Host | undefined {
    let host = this.#next(context);
    for (let attempt = 0; attempt < context.hostSelectionAttempts; attempt++) {
      if (host === undefined || !context.shouldSelectAnotherHost(host)) return host;
      host = this.#chooseOnce(context);
    }
    return host;
  }

  peek(): Host | undefined {
    // As Envoy: never further ahead than there are hosts.
    if (!this.#foresees || this.#foreseen.length >= this.#healthyCount) return undefined;
    const host = this.#chooseOnce(NOBODY);
    if (host !== undefined) this.#foreseen.push(host);
    return host;
  }

  close(): void {}

  #next(context: LoadBalancerContext): Host | undefined {
    if (this.#foreseen.length === 0 || context.adjustPriorityLoad !== undefined) {
      return this.#chooseOnce(context);
    }
    return this.#foreseen.shift();
  }

  #source(hosts: readonly Host[], previous: HostSource | undefined): HostSource {
    return new HostSource(hosts, this.#createPicker, previous);
  }

  #chooseOnce(context: LoadBalancerContext): Host | undefined {
    const state = this.#state;
    if (state === undefined) return undefined;
    if (context.adjustPriorityLoad === undefined && this.#only >= 0) {
      return this.#pickAt(this.#only, false, context);
    }
    const loads = context.adjustPriorityLoad?.(state, this.#sets) ?? state.loads;
    let point = below(this.#context.random, 100);
    for (let priority = 0; priority < loads.healthy.length; priority++) {
      point -= loads.healthy[priority] ?? 0;
      if (point < 0) return this.#pickAt(priority, false, context);
    }
    for (let priority = 0; priority < loads.degraded.length; priority++) {
      point -= loads.degraded[priority] ?? 0;
      if (point < 0) return this.#pickAt(priority, true, context);
    }
    return this.#pickAt(0, false, context);
  }

  #pickAt(priority: number, degraded: boolean, context: LoadBalancerContext): Host | undefined {
    const level = this.#levels[priority];
    if (level === undefined) return undefined;
    const { stats, random, runtime } = this.#context;
    if (level.panic) {
      stats.lbHealthyPanic.inc();
      return this.#config.failTrafficOnPanic ? undefined : level.all.pick(context);
    }
    const wheel = degraded ? level.degradedWheel : level.healthyWheel;
    if (wheel !== undefined) return pickInLocality(level, wheel.next(), degraded, context);
    const zones = this.#zones;
    if (
      zones !== undefined &&
      priority === 0 &&
      runtime.featureEnabled(
        "upstream.zone_routing.enabled",
        this.#config.zoneAware.routingEnabled,
        100,
        random.uint32(),
      )
    ) {
      if (!this.#localInPanic) {
        return pickInLocality(level, chooseZone(zones, random, stats), degraded, context);
      }
      stats.lbLocalClusterNotOk.inc();
      if (this.#config.failTrafficOnPanic) return undefined;
    }
    return (degraded ? level.degraded : level.healthy).pick(context);
  }
}

/** Whoever comes next. */
const NOBODY: LoadBalancerContext = {
  requestHeaders: undefined,
  computeHash: () => undefined,
  shouldSelectAnotherHost: () => false,
  hostSelectionAttempts: 0,
};

function pickInLocality(
  level: Level,
  index: number,
  degraded: boolean,
  context: LoadBalancerContext,
): Host | undefined {
  const locality = level.localities[index];
  return (degraded ? locality?.degraded : locality?.healthy)?.pick(context);
}
