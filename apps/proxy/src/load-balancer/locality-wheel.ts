import type { Random } from "@sluice/extension-api";
import { EdfScheduler } from "./edf-scheduler.ts";
import type { HostSet } from "./host-set.ts";
import { below } from "./load-balancer.ts";

interface WeightedLocality {
  readonly index: number;
  readonly weight: number;
}

/** Gives the localities of a priority their turns, by weight and by how much of each is still usable. */
export class LocalityWheel {
  readonly #scheduler: EdfScheduler<WeightedLocality>;

  private constructor(entries: readonly WeightedLocality[], random: Random) {
    this.#scheduler = new EdfScheduler(entries, (entry) => entry.weight);
    for (let skip = below(random, entries.length); skip > 0; skip--) this.#scheduler.next();
  }

  /** Undefined when no locality has both a weight and a usable host. */
  static create(set: HostSet, health: "healthy" | "degraded", random: Random): LocalityWheel | undefined {
    const entries: WeightedLocality[] = [];
    set.localities.forEach((locality, index) => {
      const count = locality.hosts.length - locality.excludedCount;
      const usable = locality[health].length;
      if (usable === 0 || count === 0 || locality.weight === 0) return;
      const available = Math.min(1, ((set.policy.overprovisioningFactor / 100) * usable) / count);
      entries.push({ index, weight: locality.weight * available });
    });
    return entries.length === 0 ? undefined : new LocalityWheel(entries, random);
  }

  next(): number {
    return this.#scheduler.next()?.index ?? 0;
  }
}
