import type { StatsScope } from "@sluice/extension-api";
import type { AssignmentPolicy } from "../load-balancer/host-set.ts";
import type { HostSpec } from "./cluster-config.ts";

interface ClusterState {
  readonly hosts: readonly HostSpec[];
  readonly assignmentPolicy: AssignmentPolicy;
}

/**
 * Delivers a cluster's updates: at once when hosts come, go or change priority, otherwise (health, weight, metadata) at most once
 * a window, the latest state in one (`common_lb_config.update_merge_window`).
 */
export class UpdateMerge {
  readonly #windowMs: number;
  readonly #stats: StatsScope;
  readonly #deliver: () => void;
  #known: ClusterState;
  #lastMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined = undefined;

  /** `stats`: `cluster_manager.`; `known`: what the workers know already. */
  constructor(windowMs: number, stats: StatsScope, known: ClusterState, deliver: () => void) {
    this.#windowMs = windowMs;
    this.#stats = stats;
    this.#deliver = deliver;
    this.#known = { hosts: known.hosts, assignmentPolicy: known.assignmentPolicy };
  }

  update({ hosts, assignmentPolicy }: ClusterState): void {
    const outOfWindow = performance.now() - this.#lastMs > this.#windowMs;
    const mergeable =
      this.#windowMs > 0 &&
      assignmentPolicy === this.#known.assignmentPolicy &&
      sameMembers(this.#known.hosts, hosts);
    this.#known = { hosts, assignmentPolicy };
    if (mergeable && !outOfWindow) {
      this.#timer ??= setTimeout(() => {
        this.#stats.counter("cluster_updated_via_merge").inc();
        this.#now();
      }, this.#windowMs);
      return;
    }
    if (this.#timer !== undefined) this.#stats.counter("update_merge_cancelled").inc();
    if (mergeable) this.#stats.counter("update_out_of_merge_window").inc();
    this.#stats.counter("cluster_updated").inc();
    this.#now();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #now(): void {
    this.stop();
    this.#lastMs = performance.now();
    this.#deliver();
  }
}

function sameMembers(before: readonly HostSpec[], after: readonly HostSpec[]): boolean {
  if (before.length !== after.length) return false;
  const priorities = new Map(before.map((host) => [host.key, host.priority]));
  return after.every((host) => priorities.get(host.key) === host.priority);
}
