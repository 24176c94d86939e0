/** Whether there is a stat of that name. */
export type StatFilter = (name: string) => boolean;

/** What parts of the configuration say of their own stats (`stats_matcher` of a cluster or listener), by the prefix of these. */
export class OwnMatchers {
  readonly #byPrefix = new Map<string, StatFilter>();

  /** Answers how to end it; whoever came later for the same prefix is left alone then. `undefined`: no word of its own. */
  set(prefix: string, accepts: StatFilter | undefined): () => void {
    if (accepts === undefined) this.#byPrefix.delete(prefix);
    else this.#byPrefix.set(prefix, accepts);
    return () => {
      if (accepts !== undefined && this.#byPrefix.get(prefix) === accepts) this.#byPrefix.delete(prefix);
    };
  }

  /** The word of the longest prefix; undefined: there is none. */
  find(name: string): StatFilter | undefined {
    if (this.#byPrefix.size === 0) return undefined;
    for (let dot = name.lastIndexOf("."); dot >= 0; dot = name.lastIndexOf(".", dot - 1)) {
      const found = this.#byPrefix.get(name.slice(0, dot + 1));
      if (found !== undefined) return found;
      if (dot === 0) break;
    }
    return undefined;
  }
}
