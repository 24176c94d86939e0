import type { Random } from "@sluice/extension-api";
import type { Host } from "../cluster/thread-local-cluster.ts";
import { EdfScheduler } from "./edf-scheduler.ts";
import { below, type HostPicker, type LoadBalancerConfig } from "./load-balancer.ts";

/** The picker of `config.policy` over `hosts`. */
export function createHostPicker(
  config: LoadBalancerConfig,
  hosts: readonly Host[],
  random: Random,
): HostPicker {
  const weighted = hosts.some((host) => host.weight !== hosts[0]?.weight);
  switch (config.policy) {
    case "random":
      return new RandomPicker(hosts, random);
    case "round_robin":
      return weighted
        ? new WeightedPicker(hosts, random, (host) => host.weight)
        : new TurnPicker(hosts, random);
    case "least_request":
      return weighted
        ? new WeightedPicker(hosts, random, leastRequestWeight(config.activeRequestBias))
        : new FewestRequestsPicker(hosts, random, config.choiceCount);
  }
}

function leastRequestWeight(bias: number): (host: Host) => number {
  if (bias === 1) return (host) => host.weight / (host.activeRequests + 1);
  return (host) => host.weight / (host.activeRequests + 1) ** bias;
}

class RandomPicker implements HostPicker {
  readonly #hosts: readonly Host[];
  readonly #random: Random;
  constructor(hosts: readonly Host[], random: Random) {
    this.#hosts = hosts;
    this.#random = random;
  }
  pick(): Host | undefined {
    return this.#hosts.length === 0 ? undefined : this.#hosts[below(this.#random, this.#hosts.length)];
  }
}

/** Each in turn, from a random start so that workers do not move in step. */
class TurnPicker implements HostPicker {
  readonly #hosts: readonly Host[];
  #next: number;
  constructor(hosts: readonly Host[], random: Random) {
    this.#hosts = hosts;
    this.#next = hosts.length === 0 ? 0 : below(random, hosts.length);
  }
  pick(): Host | undefined {
    const host = this.#hosts[this.#next];
    this.#next = this.#next + 1 < this.#hosts.length ? this.#next + 1 : 0;
    return host;
  }
}

class WeightedPicker implements HostPicker {
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

/** The least loaded of `choiceCount` random hosts. */
class FewestRequestsPicker implements HostPicker {
  readonly #hosts: readonly Host[];
  readonly #random: Random;
  readonly #choiceCount: number;
  constructor(hosts: readonly Host[], random: Random, choiceCount: number) {
    this.#hosts = hosts;
    this.#random = random;
    this.#choiceCount = choiceCount;
  }
  pick(): Host | undefined {
    const hosts = this.#hosts;
    if (hosts.length <= 1) return hosts[0];
    let best = hosts[below(this.#random, hosts.length)];
    for (let choice = 1; choice < this.#choiceCount; choice++) {
      const other = hosts[below(this.#random, hosts.length)];
      if (best === undefined || (other !== undefined && other.activeRequests < best.activeRequests))
        best = other;
    }
    return best;
  }
}
