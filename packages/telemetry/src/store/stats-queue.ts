import type { Measures, Scope } from "../contract.ts";
import type { ScopeReport } from "../ingest/metrics-reader.ts";
import { appendMeasures, emptyMeasures, type MutableMeasures } from "../measures/measures.ts";
import type { DropKind } from "../query/read-drops.ts";
import { splitOverSeconds } from "./split-over-seconds.ts";

export interface StatsRow {
  readonly second: number;
  readonly node: string;
  readonly scope: Scope;
  measures: MutableMeasures;
}

export interface DropRow {
  readonly minute: number;
  readonly node: string;
  readonly what: DropKind;
  count: number;
}

export interface StatsBatch {
  readonly rows: ReadonlyMap<string, StatsRow>;
  /** Node → when its newest report came, epoch milliseconds. */
  readonly reporters: ReadonlyMap<string, number>;
  readonly drops: ReadonlyMap<string, DropRow>;
}

/** What waits to be written: at most one row per second, node and scope, so it grows with time, not with traffic. */
export class StatsQueue {
  #rows = new Map<string, StatsRow>();
  #reporters = new Map<string, number>();
  #drops = new Map<string, DropRow>();
  readonly #rowsMax: number;

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  add(node: string, fromMs: number, toMs: number, reports: readonly ScopeReport[]): void {
    for (const { scope, measures } of reports) {
      for (const share of splitOverSeconds(measures, fromMs, toMs)) {
        this.#addRow(share.second, node, scope, share.measures);
      }
    }
    this.#dropOldest();
  }

  /** A node reported, even if it had nothing to say. */
  seen(node: string, atMs: number): void {
    this.#reporters.set(node, Math.max(atMs, this.#reporters.get(node) ?? 0));
  }

  drop(node: string, what: DropKind, count: number, atMs: number): void {
    if (count <= 0) return;
    const minute = Math.floor(atMs / 60_000) * 60;
    const key = `${minute} ${what} ${node}`;
    const row = this.#drops.get(key);
    if (row === undefined) this.#drops.set(key, { minute, node, what, count });
    else row.count += count;
  }

  take(): StatsBatch | undefined {
    if (this.#rows.size + this.#reporters.size + this.#drops.size === 0) return undefined;
    const batch = { rows: this.#rows, reporters: this.#reporters, drops: this.#drops };
    this.#rows = new Map();
    this.#reporters = new Map();
    this.#drops = new Map();
    return batch;
  }

  putBack(batch: StatsBatch): void {
    const newer = { rows: this.#rows, reporters: this.#reporters, drops: this.#drops };
    this.#rows = new Map(batch.rows);
    this.#reporters = new Map(batch.reporters);
    this.#drops = new Map(batch.drops);
    for (const row of newer.rows.values()) this.#addRow(row.second, row.node, row.scope, row.measures);
    for (const [node, at] of newer.reporters) this.seen(node, at);
    for (const row of newer.drops.values()) this.drop(row.node, row.what, row.count, row.minute * 1000);
    this.#dropOldest();
  }

  #addRow(second: number, node: string, scope: Scope, measures: Measures): void {
    const key = `${second} ${scope.kind} ${node} ${scope.name}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { second, node, scope, measures: emptyMeasures() };
      this.#rows.set(key, row);
    }
    appendMeasures(row.measures, measures);
  }

  #dropOldest(): void {
    for (const [key, row] of this.#rows) {
      if (this.#rows.size <= this.#rowsMax) return;
      this.#rows.delete(key);
      this.drop(row.node, "statsLost", 1, row.second * 1000);
    }
  }
}
