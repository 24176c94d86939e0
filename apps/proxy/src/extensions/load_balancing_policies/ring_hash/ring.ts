import { xxHash64 } from "@sluice/matching";
import type { Host } from "../../../cluster/thread-local-cluster.ts";
import { type HashTable, hashKeyOf } from "../../../load-balancer/hash-load-balancer.ts";
import type { HostWeights } from "../../../load-balancer/host-weights.ts";
import { murmurHash2 } from "../../../load-balancer/murmur-hash2.ts";

export interface RingConfig {
  readonly minimumRingSize: number;
  readonly maximumRingSize: number;
  readonly murmur: boolean;
}

/** How many points the ring has, and how many the hosts with the fewest and the most. */
export interface RingSize {
  readonly size: number;
  readonly minHashesPerHost: number;
  readonly maxHashesPerHost: number;
}

/**
 * Ketama: each host stands at many points of a ring of 64-bit hashes, in proportion to its weight; a request goes to the
 * first point at or behind its own hash. Points are hashes of `<key>_<number>`, so the same hosts make Envoy's ring.
 */
export class Ring implements HashTable {
  readonly size: RingSize;
  readonly #hosts: readonly Host[];
  /** Halves of each point's hash, sorted, and the host that stands there. */
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  readonly #owner: Uint32Array;

  constructor({ hosts, weights, least }: HostWeights, config: RingConfig, useHostname: boolean) {
    this.#hosts = hosts;
    const { minimumRingSize, maximumRingSize } = config;
    // Enough that the lightest host has a whole number of points; as few as are allowed when that is too many.
    const scale =
      hosts.length === 0 ? 0 : Math.min(Math.ceil(least * minimumRingSize) / least, maximumRingSize);
    const points: { high: number; low: number; owner: number }[] = [];
    const size = Math.ceil(scale);
    let [fewest, most] = [size, 0];
    let target = 0;
    hosts.forEach((host, owner) => {
      const key = hashKeyOf(host, useHostname);
      target += scale * (weights[owner] ?? 0);
      let count = 0;
      while (points.length < target) {
        const name = `${key}_${count++}`;
        const hash = config.murmur ? murmurHash2(name) : xxHash64(name);
        points.push({ high: Number(hash >> 32n), low: Number(hash & 0xffffffffn), owner });
      }
      fewest = Math.min(fewest, count);
      most = Math.max(most, count);
    });
    points.sort((a, b) => a.high - b.high || a.low - b.low);
    this.#high = Uint32Array.from(points, (point) => point.high);
    this.#low = Uint32Array.from(points, (point) => point.low);
    this.#owner = Uint32Array.from(points, (point) => point.owner);
    this.size = { size, minHashesPerHost: fewest, maxHashesPerHost: most };
  }

  pick(hash: bigint, attempt: number): Host | undefined {
    const count = this.#owner.length;
    if (count === 0) return undefined;
    const at = (this.#firstFrom(Number(hash >> 32n), Number(hash & 0xffffffffn)) + attempt) % count;
    return this.#hosts[this.#owner[at] ?? 0];
  }

  /** Index of the first point that is not below the hash; behind the last comes the first. */
  #firstFrom(high: number, low: number): number {
    const highs = this.#high;
    const lows = this.#low;
    let from = 0;
    let to = highs.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const at = highs[middle] ?? 0;
      if (at < high || (at === high && (lows[middle] ?? 0) < low)) from = middle + 1;
      else to = middle;
    }
    return from === highs.length ? 0 : from;
  }
}
