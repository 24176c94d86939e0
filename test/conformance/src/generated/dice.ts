/** Choices that depend on a seed alone (mulberry32), so that what was made can be made again. */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0, less than `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }

  /** Up to `max` of a list, each once, in random order. */
  some<T>(list: readonly T[], max: number): T[] {
    const rest = [...list];
    const chosen: T[] = [];
    for (let count = this.below(Math.min(max, list.length) + 1); count > 0; count--)
      chosen.push(...rest.splice(this.below(rest.length), 1));
    return chosen;
  }

  /** From `least` to `most` made things. */
  times<T>(least: number, most: number, make: (at: number) => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, (_, at) => make(at));
  }

  /** What one of the makers makes. */
  one<T>(...makers: readonly (() => T)[]): T {
    return this.pick(makers)();
  }

  /** Fields of which each is there with its probability. */
  fields(choices: Readonly<Record<string, readonly [probability: number, make: () => Json]>>): JsonObject {
    const made: JsonObject = {};
    for (const [name, [probability, make]] of Object.entries(choices))
      if (this.chance(probability)) made[name] = make();
    return made;
  }
}

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

/** A message in an Any. */
export function any(type: string, fields: JsonObject = {}): JsonObject {
  return { "@type": `type.googleapis.com/${type}`, ...fields };
}
