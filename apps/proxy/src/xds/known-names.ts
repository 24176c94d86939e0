import type { XdsUpdate } from "@sluice/xds/client";

/** The names of one type that each source (`sourceKey`) has sent, so that a whole set tells which of them are gone. */
export class KnownNames {
  readonly #bySource = new Map<string, Set<string>>();

  /** Names that the update takes away: told as removed, or missing in a whole set. */
  gone(source: string, update: XdsUpdate): readonly string[] {
    const known = this.#bySource.get(source) ?? new Set();
    const present = new Set(update.updated.map(({ name }) => name));
    const gone = new Set(update.removed);
    if (update.full) for (const name of known) if (!present.has(name)) gone.add(name);
    for (const name of gone) known.delete(name);
    for (const name of present) known.add(name);
    this.#bySource.set(source, known);
    return [...gone];
  }
}
