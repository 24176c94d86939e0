import { chainKeys } from "../filter-chain/in-place-update.ts";
import type { ManagedListener } from "./listener-manager.ts";

interface Draining {
  readonly listener: ManagedListener;
  /** Workers that still have connections of it. */
  readonly workers: Set<number>;
  /** Chains whose connections stay, since a newer configuration has the same; undefined: none. */
  kept: ReadonlySet<string> | undefined;
  /** How many chains drain; 0 once their time is over. */
  chains: number;
  timer: NodeJS.Timeout | undefined;
}

export interface DrainingListenersOptions {
  readonly concurrency: number;
  readonly drainTimeMs: number;
  /** The drain time is over: closes what is left of that configuration but for the chains in `kept`. */
  close(id: number, kept: readonly string[] | undefined): void;
}

/** Configurations that are no longer in service and still have connections, on the main thread. */
export class DrainingListeners {
  readonly #options: DrainingListenersOptions;
  readonly #entries = new Map<number, Draining>();
  /** Workers that were done before all had begun, by the configurations in service. */
  readonly #early = new Map<number, Set<number>>();

  constructor(options: DrainingListenersOptions) {
    this.#options = options;
  }

  /** Workers get this configuration. When another one takes its place, some report that it has drained before `start`. */
  expect(listenerId: number): void {
    this.#early.set(listenerId, new Set());
  }

  /** It was not taken into service. */
  cancel(listenerId: number): void {
    this.#early.delete(listenerId);
  }

  /** `kept`: chains that go on in a newer configuration. Older ones of the same listener that had kept theirs drain the rest as well. */
  start(listener: ManagedListener, kept: ReadonlySet<string> | undefined): void {
    for (const older of this.#entries.values()) {
      if (older.listener.spec.name === listener.spec.name && older.kept !== undefined) {
        this.#narrow(older, kept, older.kept);
      }
    }
    const workers = new Set(Array.from({ length: this.#options.concurrency }, (_, index) => index));
    const entry: Draining = { listener, workers, kept: undefined, chains: 0, timer: undefined };
    this.#entries.set(listener.spec.id, entry);
    this.#narrow(entry, kept, chainKeys(listener.message));
    const early = this.#early.get(listener.spec.id) ?? [];
    this.#early.delete(listener.spec.id);
    for (const workerIndex of early) this.onDrained(workerIndex, listener.spec.id);
  }

  onDrained(workerIndex: number, listenerId: number): void {
    this.#early.get(listenerId)?.add(workerIndex);
    const entry = this.#entries.get(listenerId);
    if (entry === undefined) return;
    entry.workers.delete(workerIndex);
    if (entry.workers.size === 0) this.#end(listenerId, entry);
  }

  onWorkerExit(workerIndex: number): void {
    for (const id of [...this.#early.keys(), ...this.#entries.keys()]) this.onDrained(workerIndex, id);
  }

  all(): readonly ManagedListener[] {
    return [...this.#entries.values()].map(({ listener }) => listener);
  }

  get listenerCount(): number {
    return [...this.#entries.values()].filter(({ kept }) => kept === undefined).length;
  }

  get filterChainCount(): number {
    return [...this.#entries.values()].reduce(
      (sum, { kept, chains }) => sum + (kept === undefined ? 0 : chains),
      0,
    );
  }

  stop(): void {
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
  }

  /** Of the chains that were there until now, `kept` stay and the others begin to drain. */
  #narrow(entry: Draining, kept: ReadonlySet<string> | undefined, before: ReadonlySet<string>): void {
    const { id } = entry.listener.spec;
    const staying = kept === undefined ? undefined : new Set([...before].filter((key) => kept.has(key)));
    entry.kept = staying;
    entry.chains = before.size - (staying?.size ?? 0);
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => {
      entry.chains = 0;
      this.#options.close(id, staying === undefined ? undefined : [...staying]);
      if (staying === undefined) this.#end(id, entry);
    }, this.#options.drainTimeMs);
  }

  #end(id: number, entry: Draining): void {
    clearTimeout(entry.timer);
    if (this.#entries.delete(id)) entry.listener.release();
  }
}
