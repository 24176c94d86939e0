/** What a stream or connection found missing, for the main thread to fetch. */
export type OnDemandWant =
  /** A virtual host for a `host`, of the route configuration of that key (`routeKey`). */
  | { readonly kind: "virtual-host"; readonly route: string; readonly host: string }
  /** The routes of a scope of that source (`sourceKey`). */
  | { readonly kind: "scope"; readonly source: string; readonly scope: string }
  /** A cluster; `source`: the encoded ConfigSource. */
  | {
      readonly kind: "cluster";
      readonly source: Uint8Array;
      readonly cluster: string;
      readonly timeoutMs: number;
    };

/** `settled`: whatever there is has arrived in this thread. `timeout`: the want's own time is over. */
export type OnDemandOutcome = "settled" | "timeout";
type Waiter = (outcome: OnDemandOutcome) => void;

interface Pending {
  readonly key: string;
  readonly waiters: Set<Waiter>;
}

/** One worker's questions to the main thread; those that are the same are asked once. */
export class OnDemandRequests {
  readonly #ask: (id: number, want: OnDemandWant) => void;
  readonly #byId = new Map<number, Pending>();
  readonly #byKey = new Map<string, Pending>();
  #nextId = 1;

  constructor(ask: (id: number, want: OnDemandWant) => void) {
    this.#ask = ask;
  }

  /** Answers how to give up waiting. */
  request(want: OnDemandWant, done: Waiter): () => void {
    const key = keyOf(want);
    let pending = this.#byKey.get(key);
    if (pending === undefined) {
      pending = { key, waiters: new Set() };
      this.#byKey.set(key, pending);
      const id = this.#nextId++;
      this.#byId.set(id, pending);
      this.#ask(id, want);
    }
    const { waiters } = pending;
    waiters.add(done);
    return () => waiters.delete(done);
  }

  settle(id: number, outcome: OnDemandOutcome): void {
    const pending = this.#byId.get(id);
    if (pending === undefined) return;
    this.#byId.delete(id);
    this.#byKey.delete(pending.key);
    for (const done of pending.waiters) done(outcome);
  }
}

function keyOf(want: OnDemandWant): string {
  switch (want.kind) {
    case "virtual-host":
      return `host ${want.host} ${want.route}`;
    case "scope":
      return `scope ${want.scope} ${want.source}`;
    case "cluster":
      return `cluster ${want.cluster} ${want.timeoutMs} ${Buffer.from(want.source).toString("latin1")}`;
  }
}
