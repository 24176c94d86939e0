import type { ConnectionInfo, HeaderMap, Random, Runtime, StreamInfo } from "@sluice/extension-api";
import type { HostSet } from "../load-balancer/host-set.ts";
import { below, type LoadBalancer } from "../load-balancer/load-balancer.ts";
import type { MetadataMatch } from "../load-balancer/metadata-match.ts";
import {
  computePriorityState,
  type PriorityLoads,
  type PriorityState,
} from "../load-balancer/priority-load.ts";
import type { Host, LoadBalancerContext, OverrideHost } from "./thread-local-cluster.ts";

/** A cluster that is part of an aggregate one. */
export interface AggregatedCluster {
  readonly hostSets: readonly HostSet[];
  chooseHost(context: LoadBalancerContext): Host | undefined;
}

export interface AggregateOptions {
  /** In order of preference. */
  readonly clusters: readonly string[];
  get(name: string): AggregatedCluster | undefined;
  /** Another number when any cluster of the worker has changed. */
  generation(): number;
  readonly random: Random;
  readonly runtime: Runtime;
  readonly panicThreshold: number;
}

/** One priority of one of the clusters, in the row of all. */
interface Level {
  readonly cluster: AggregatedCluster;
  /** The loads by which that cluster picks in this very priority. */
  readonly healthy: PriorityLoads;
  readonly degraded: PriorityLoads;
}

/**
 * envoy.clusters.aggregate: the priorities of several clusters in a row, as if they were those of one; the cluster whose turn it is
 * picks in its priority by its own policy.
 */
export class AggregateLoadBalancer implements LoadBalancer {
  readonly onLoadReport = undefined;
  readonly #options: AggregateOptions;
  readonly #context = new FixedPriorityContext();
  #generation = -1;
  #levels: readonly Level[] = [];
  #sets: readonly HostSet[] = [];
  #state: PriorityState | undefined = undefined;

  constructor(options: AggregateOptions) {
    this.#options = options;
  }

  update(): void {}

  choose(context: LoadBalancerContext): Host | undefined {
    const generation = this.#options.generation();
    if (generation !== this.#generation) this.#rebuild(generation);
    const state = this.#state;
    if (state === undefined) return undefined;
    const loads = context.adjustPriorityLoad?.(state, this.#sets) ?? state.loads;
    let point = below(this.#options.random, 100);
    for (let index = 0; index < loads.healthy.length; index++) {
      point -= loads.healthy[index] ?? 0;
      if (point < 0) return this.#chooseAt(index, false, context);
    }
    for (let index = 0; index < loads.degraded.length; index++) {
      point -= loads.degraded[index] ?? 0;
      if (point < 0) return this.#chooseAt(index, true, context);
    }
    return undefined;
  }

  close(): void {}

  #chooseAt(index: number, degraded: boolean, context: LoadBalancerContext): Host | undefined {
    const level = this.#levels[index];
    return level === undefined
      ? undefined
      : this.#context.choose(level.cluster, context, degraded ? level.degraded : level.healthy);
  }

  #rebuild(generation: number): void {
    const { clusters, get, runtime, panicThreshold } = this.#options;
    const levels: Level[] = [];
    const sets: HostSet[] = [];
    for (const name of clusters) {
      const cluster = get(name);
      if (cluster === undefined) continue;
      const none = cluster.hostSets.map(() => 0);
      cluster.hostSets.forEach((set, priority) => {
        if (set.hosts.length === 0) return;
        const all = none.with(priority, 100);
        levels.push({
          cluster,
          healthy: { healthy: all, degraded: none },
          degraded: { healthy: none, degraded: all },
        });
        sets.push(set);
      });
    }
    const threshold = Math.min(100, runtime.integer("upstream.healthy_panic_threshold", panicThreshold));
    this.#generation = generation;
    this.#levels = levels;
    this.#sets = sets;
    this.#state = sets.length === 0 ? undefined : computePriorityState(sets, threshold);
  }
}

const NO_LOADS: PriorityLoads = { healthy: [], degraded: [] };

/** A request that goes to one priority; used again for each, since a choice is made at once. */
class FixedPriorityContext implements LoadBalancerContext {
  #request: LoadBalancerContext | undefined = undefined;
  #loads = NO_LOADS;

  choose(cluster: AggregatedCluster, request: LoadBalancerContext, loads: PriorityLoads): Host | undefined {
    this.#request = request;
    this.#loads = loads;
    const host = cluster.chooseHost(this);
    this.#request = undefined;
    return host;
  }

  get requestHeaders(): HeaderMap | undefined {
    return this.#request?.requestHeaders;
  }
  get hostSelectionAttempts(): number {
    return this.#request?.hostSelectionAttempts ?? 0;
  }
  get metadataMatch(): MetadataMatch | undefined {
    return this.#request?.metadataMatch;
  }
  get overrideHost(): OverrideHost | undefined {
    return this.#request?.overrideHost;
  }
  get streamInfo(): StreamInfo | undefined {
    return this.#request?.streamInfo;
  }
  get connection(): ConnectionInfo | undefined {
    return this.#request?.connection;
  }
  computeHash(): bigint | undefined {
    return this.#request?.computeHash();
  }
  addCookie(setCookie: string): void {
    this.#request?.addCookie?.(setCookie);
  }
  shouldSelectAnotherHost(host: Host): boolean {
    return this.#request?.shouldSelectAnotherHost(host) ?? false;
  }
  adjustPriorityLoad(): PriorityLoads {
    return this.#loads;
  }
}
