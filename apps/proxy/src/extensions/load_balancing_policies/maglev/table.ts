import { xxHash64 } from "@sluice/matching";
import type { Host } from "../../../cluster/thread-local-cluster.ts";
import { type HashTable, hashKeyOf } from "../../../load-balancer/hash-load-balancer.ts";
import type { HostWeights } from "../../../load-balancer/host-weights.ts";

/** A host while the table is filled: it walks its own permutation of the slots. */
interface Claimant {
  readonly index: number;
  readonly key: string;
  readonly weight: number;
  readonly skip: number;
  slot: number;
  /** Its weight has to reach this before it claims again. */
  target: number;
  count: number;
}

/** https://research.google/pubs/maglev (section 3.4) with Envoy's weights: the same hosts make Envoy's table. */
export class MaglevTable implements HashTable {
  readonly minEntriesPerHost: number;
  readonly maxEntriesPerHost: number;
  readonly #hosts: readonly Host[];
  readonly #slots: Int32Array;
  readonly #size: bigint;

  constructor({ hosts, weights, greatest }: HostWeights, size: number, useHostname: boolean) {
    this.#hosts = hosts;
    this.#size = BigInt(size);
    this.#slots = new Int32Array(hosts.length === 0 ? 0 : size).fill(-1);
    const claimants = hosts.map((host, index) =>
      claimantOf(index, hashKeyOf(host, useHostname), weights[index] ?? 0, size),
    );
    // The order in which hosts claim slots must not depend on that of the endpoints.
    claimants.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.index - b.index));
    this.#fill(claimants, greatest);
    this.minEntriesPerHost = claimants.reduce((least, { count }) => Math.min(least, count), size);
    this.maxEntriesPerHost = claimants.reduce((most, { count }) => Math.max(most, count), 0);
  }

  pick(hash: bigint, attempt: number): Host | undefined {
    if (this.#slots.length === 0) return undefined;
    // As Envoy: another attempt looks at a slot far from the first.
    const mixed = attempt === 0 ? hash : hash ^ ((ALL - BigInt(attempt) + 1n) & ALL);
    return this.#hosts[this.#slots[Number(mixed % this.#size)] ?? 0];
  }

  #fill(claimants: readonly Claimant[], greatest: number): void {
    const slots = this.#slots;
    let filled = 0;
    for (let turn = 1; filled < slots.length; turn++) {
      for (const claimant of claimants) {
        if (filled >= slots.length) break;
        if (turn * claimant.weight < claimant.target) continue;
        claimant.target += greatest;
        while ((slots[claimant.slot] ?? 0) >= 0)
          claimant.slot = (claimant.slot + claimant.skip) % slots.length;
        slots[claimant.slot] = claimant.index;
        claimant.slot = (claimant.slot + claimant.skip) % slots.length;
        claimant.count++;
        filled++;
      }
    }
  }
}

const ALL = (1n << 64n) - 1n;

function claimantOf(index: number, key: string, weight: number, size: number): Claimant {
  const slot = Number(xxHash64(key) % BigInt(size));
  const skip = Number(xxHash64(key, 1n) % BigInt(size - 1)) + 1;
  return { index, key, weight, skip, slot, target: 0, count: 0 };
}
