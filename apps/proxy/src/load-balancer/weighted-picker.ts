import type { Random } from "@sluice/extension-api";
import type { Host } from "../cluster/thread-local-cluster.ts";
import { EdfScheduler } from "./edf-scheduler.ts";
import { below, type HostPicker } from "./load-balancer.ts";

/** Gives hosts turns in proportion to their weight at that moment, from a random start. */
export class WeightedPicker implements HostPicker {
  readonly #scheduler: EdfScheduler<Host>;

  constructor(hosts: readonly Host[], random: Random, weight: (host: Host) => number) {
    this.#scheduler = new EdfScheduler(hosts, weight);
    for (let skip = hosts.length === 0 ? 0 : below(random, hosts.length); skip > 0; skip--) {
      this.#scheduler.next();
    }
  }
  pick(): Host | undefined {
    return this.#scheduler.next();
  }
}

export function weightsDiffer(hosts: readonly Host[]): boolean {
  const [first] = hosts;
  return first !== undefined && hosts.some((host) => host.weight !== first.weight);
}
