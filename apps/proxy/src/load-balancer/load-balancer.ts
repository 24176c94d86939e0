import type { Random } from "@sluice/extension-api";
import type { Host, LoadBalancerContext } from "../cluster/thread-local-cluster.ts";

/** The names of the policies that are implemented. */
const LOAD_BALANCERS = ["round_robin", "least_request", "random"] as const;

/** What a cluster's configuration says about picking; frozen. */
export interface LoadBalancerConfig {
  readonly policy: (typeof LOAD_BALANCERS)[number];
  /** LEAST_REQUEST: how many hosts are compared; default 2. */
  readonly choiceCount: number;
  /** LEAST_REQUEST with unequal weights: exponent of the active requests; default 1. */
  readonly activeRequestBias: number;
  /** Percent of healthy hosts under which health is ignored; default 50, 0 turns it off. */
  readonly panicThreshold: number;
}

/** Picks among the usable hosts of one priority; made anew when that set changes. */
export interface HostPicker {
  pick(): Host | undefined;
}

/** How often to ask again when a retry predicate refuses a host. */
export function pickAccepted(picker: HostPicker, context: LoadBalancerContext): Host | undefined {
  let host = picker.pick();
  for (let attempt = 0; attempt < context.hostSelectionAttempts; attempt++) {
    if (host === undefined || !context.shouldSelectAnotherHost(host)) return host;
    host = picker.pick();
  }
  return host;
}

/** A whole number in [0, bound). */
export function below(random: Random, bound: number): number {
  return random.uint32() % bound;
}
