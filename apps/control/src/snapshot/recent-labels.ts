const NODES_MAX = 20_000;

/** What the nodes that were seen last tell of themselves, by id; bounded, whatever ids come. */
export class RecentLabels {
  readonly #byId = new Map<string, Readonly<Record<string, string>>>();

  remember(id: string, labels: Readonly<Record<string, string>>): void {
    this.#byId.delete(id);
    this.#byId.set(id, labels);
    const [oldest] = this.#byId.keys();
    if (this.#byId.size > NODES_MAX && oldest !== undefined) this.#byId.delete(oldest);
  }

  of(id: string): Readonly<Record<string, string>> | undefined {
    return this.#byId.get(id);
  }
}
