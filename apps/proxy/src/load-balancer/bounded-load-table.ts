import type { Host } from "../cluster/thread-local-cluster.ts";
import type { HashTable } from "./hash-load-balancer.ts";
import type { HostWeights } from "./host-weights.ts";
import { MersenneTwister } from "./mersenne-twister.ts";

/**
 * Consistent hashing with bounded loads (https://arxiv.org/abs/1608.01350): a host that has its part of the requests in
 * flight, times the balance factor, is passed over for another one, in an order that the hash fixes
 * (https://arxiv.org/abs/1908.08762).
 */
export class BoundedLoadTable implements HashTable {
  readonly #table: HashTable;
  readonly #weights: HostWeights;
  readonly #byHost = new Map<Host, number>();
  readonly #factor: number;
  readonly #order: Uint32Array;
  readonly #twister = new MersenneTwister();

  /** `factor`: percent of the average. */
  constructor(table: HashTable, weights: HostWeights, factor: number) {
    this.#table = table;
    this.#weights = weights;
    this.#factor = factor;
    this.#order = new Uint32Array(weights.hosts.length);
    weights.hosts.forEach((host, index) => {
      this.#byHost.set(host, weights.weights[index] ?? 0);
    });
  }

  pick(hash: bigint, attempt: number): Host | undefined {
    const host = this.#table.pick(hash, attempt);
    // No host is overloaded with one request: a count of all is not needed.
    if (host === undefined || host.requestsInFlight() <= 1) return host;
    const { hosts, weights } = this.#weights;
    let inFlight = 0;
    for (const each of hosts) inFlight += each.requestsInFlight();
    const slots = Math.floor(((inFlight + 1) * this.#factor + 99) / 100);
    let best = host;
    let least = overload(host, this.#byHost.get(host) ?? 0, slots);
    if (least <= 1) return host;
    const order = this.#order;
    for (let index = 0; index < order.length; index++) order[index] = index;
    this.#twister.seed(Number(hash & 0xffffffffn));
    for (let index = 0; index < order.length; index++) {
      const other = index + this.#twister.below(order.length - index);
      const chosen = order[other] ?? 0;
      order[other] = order[index] ?? 0;
      order[index] = chosen;
      const candidate = hosts[chosen];
      if (candidate === undefined || candidate === host) continue;
      const load = overload(candidate, weights[chosen] ?? 0, slots);
      if (load <= 1) return candidate;
      if (load < least) {
        least = load;
        best = candidate;
      }
    }
    return best;
  }
}

/** Above 1: it has more than its part. */
function overload(host: Host, weight: number, slots: number): number {
  return host.requestsInFlight() / Math.max(Math.ceil(slots * weight), 1);
}
