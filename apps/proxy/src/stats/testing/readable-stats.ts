import type { StatsScope } from "@sluice/extension-api";
import { type StatDefinition, ThreadStats } from "../thread-stats.ts";

/** One thread's stats, which a test reads without a main thread that collects them. */
export class ReadableStats {
  readonly #definitions = new Map<string, StatDefinition>();
  readonly #thread = new ThreadStats({
    define: (batch) => {
      for (const one of batch) this.#definitions.set(one.name, one);
    },
    release() {},
  });

  root(): StatsScope {
    return this.#thread.root();
  }

  /** A counter's or gauge's value, 0 when there is none. */
  value(name: string): number {
    const found = this.#find(name);
    // Of the -0 of a slot that was written this makes 0.
    return found?.page === undefined ? 0 : (new Float64Array(found.page)[found.index] ?? 0) + 0;
  }

  /** How many values a histogram has got. */
  samples(name: string): number {
    const bins = this.#find(name)?.page;
    return bins === undefined ? 0 : new Uint32Array(bins).reduce((all, bin) => all + bin, 0);
  }

  #find(name: string): StatDefinition | undefined {
    this.#thread.flushDefinitions();
    return this.#definitions.get(name);
  }
}
