import type { Random } from "@sluice/extension-api";
import type { Host, LoadBalancerContext } from "../cluster/thread-local-cluster.ts";
import { createHostPicker } from "./host-pickers.ts";
import { below, type HostPicker, type LoadBalancerConfig, pickAccepted } from "./load-balancer.ts";

/** A host with what priorities need to know of it. */
export interface BalancedHost extends Host {
  readonly health: "healthy" | "degraded" | "unhealthy";
}

/** Envoy's: a priority takes all its load while 1/1.4 of its hosts are healthy. */
const OVERPROVISIONING = 1.4;

interface Level {
  readonly picker: HostPicker;
  /** Percent of requests, by cumulative upper bound. */
  readonly upTo: number;
}

/**
 * Spreads requests over priorities by their health, and over a priority's hosts by the policy. Immutable: made anew for
 * each set of hosts. Degraded hosts serve where no healthy one is left in a priority; under the panic threshold all do.
 */
export class PriorityLoadBalancer {
  readonly #levels: readonly Level[];
  readonly #random: Random;

  constructor(config: LoadBalancerConfig, hosts: readonly BalancedHost[], random: Random) {
    this.#random = random;
    this.#levels = buildLevels(config, hosts, random);
  }

  choose(context: LoadBalancerContext): Host | undefined {
    const levels = this.#levels;
    const first = levels[0];
    if (first === undefined) return undefined;
    if (levels.length === 1) return pickAccepted(first.picker, context);
    const point = below(this.#random, 100);
    for (const level of levels) if (point < level.upTo) return pickAccepted(level.picker, context);
    return pickAccepted(first.picker, context);
  }
}

function buildLevels(
  config: LoadBalancerConfig,
  hosts: readonly BalancedHost[],
  random: Random,
): readonly Level[] {
  const priorities = [...new Set(hosts.map((host) => host.priority))].sort((a, b) => a - b);
  const groups = priorities.map((priority) => {
    const all = hosts.filter((host) => host.priority === priority);
    const healthy = all.filter((host) => host.health === "healthy");
    const degraded = all.filter((host) => host.health === "degraded");
    const usable = healthy.length > 0 ? healthy : degraded;
    const health = Math.min(100, Math.floor((OVERPROVISIONING * 100 * usable.length) / all.length));
    return { all, usable, health, healthyShare: (100 * healthy.length) / all.length };
  });
  const total = Math.min(
    100,
    groups.reduce((sum, group) => sum + group.health, 0),
  );
  const levels: Level[] = [];
  let used = 0;
  for (const group of groups) {
    // With no health anywhere the first priority takes everything, in panic.
    const load = total === 0 ? 100 : Math.min(100 - used, Math.round((group.health * 100) / total));
    if (load <= 0) continue;
    const panic = total < 100 && group.healthyShare < config.panicThreshold;
    const candidates = panic ? group.all : group.usable;
    used += load;
    levels.push({ picker: createHostPicker(config, candidates, random), upTo: used });
    if (used >= 100) break;
  }
  return levels;
}
