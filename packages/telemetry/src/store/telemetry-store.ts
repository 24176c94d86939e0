import type { Sql } from "@sluice/database";
import type { Span } from "../contract.ts";
import type { ScopeReport } from "../ingest/metrics-reader.ts";
import type { NewAccessLogEntry } from "../ingest/read-access-log.ts";
import type { ReportedLoad } from "../ingest/read-load-report.ts";
import type { DropKind } from "../query/read-drops.ts";
import { BatchWriter } from "./batch-writer.ts";
import { pickSample, RateCap } from "./rate-cap.ts";
import { RowQueue } from "./row-queue.ts";
import { StatsQueue } from "./stats-queue.ts";
import type { StoreOptions } from "./store-options.ts";
import { type LoadRow, writeLoad } from "./write-load.ts";
import { writeRequests } from "./write-requests.ts";
import { writeSpans } from "./write-spans.ts";
import { writeStats } from "./write-stats.ts";

const ADMITTED_TRACES_MAX = 10_000;

/**
 * Takes what nodes report and writes it to Postgres within some tens of milliseconds. `add…` return at once and never
 * fail: while Postgres is away rows wait, and what does not fit is dropped oldest first and counted. Any number of
 * replicas may write at once.
 */
export class TelemetryStore {
  readonly #stats: StatsQueue;
  readonly #requests: RowQueue<NewAccessLogEntry>;
  readonly #spans: RowQueue<Span>;
  readonly #load: RowQueue<LoadRow>;
  readonly #requestCap: RateCap;
  readonly #spanCap: RateCap;
  /** Traces of which a span was let through: the rest of them follows. */
  readonly #admitted = new Set<string>();
  readonly #statsWriter: BatchWriter<NonNullable<ReturnType<StatsQueue["take"]>>>;
  readonly #requestWriter: BatchWriter<readonly NewAccessLogEntry[]>;
  readonly #spanWriter: BatchWriter<readonly Span[]>;
  readonly #loadWriter: BatchWriter<readonly LoadRow[]>;

  constructor(sql: Sql, options: StoreOptions = {}) {
    const rowsMax = options.queueRowsMax ?? 50_000;
    const common = {
      deadlineMs: options.writeDeadlineMs ?? 10_000,
      onTrouble: options.onTrouble,
      onRecovered: options.onRecovered,
    };
    this.#requestCap = new RateCap(options.requestsPerSecondAndNode ?? 200);
    this.#spanCap = new RateCap(options.spansPerSecondAndNode ?? 500);
    const stats = new StatsQueue(rowsMax);
    this.#stats = stats;
    this.#requests = new RowQueue(rowsMax, (entry) => this.#drop(entry.node, "requestsLost"));
    this.#spans = new RowQueue(rowsMax, (span) => this.#drop(span.node, "spansLost"));
    this.#load = new RowQueue(rowsMax, (row) => this.#drop(row.node, "statsLost"));
    this.#statsWriter = new BatchWriter({
      ...common,
      name: "stats",
      take: () => stats.take(),
      putBack: (batch) => stats.putBack(batch),
      write: (batch) => writeStats(sql, batch),
      onRefused: (batch) => {
        for (const row of batch.rows.values()) stats.drop(row.node, "statsLost", 1, row.second * 1000);
      },
    });
    this.#requestWriter = new BatchWriter({
      ...common,
      name: "requests",
      take: () => this.#requests.take(),
      putBack: (batch) => this.#requests.putBack(batch),
      write: (batch) => writeRequests(sql, batch),
      onRefused: (batch) => {
        for (const entry of batch) this.#drop(entry.node, "requestsLost");
      },
    });
    this.#spanWriter = new BatchWriter({
      ...common,
      name: "spans",
      take: () => this.#spans.take(),
      putBack: (batch) => this.#spans.putBack(batch),
      write: (batch) => writeSpans(sql, batch),
      onRefused: (batch) => {
        for (const span of batch) this.#drop(span.node, "spansLost");
      },
    });
    this.#loadWriter = new BatchWriter({
      ...common,
      name: "load reports",
      take: () => this.#load.take(),
      putBack: (batch) => this.#load.putBack(batch),
      write: (batch) => writeLoad(sql, batch),
      onRefused: (batch) => {
        for (const { node } of batch) this.#drop(node, "statsLost");
      },
    });
  }

  /** One load report of a node. */
  addLoad(node: string, report: readonly ReportedLoad[], nowMs: number): void {
    if (report.length === 0) return;
    this.#load.push(report.map((load) => ({ ...load, node, atMs: nowMs })));
    this.#loadWriter.wake();
  }

  /** What a node counted between two times; see `splitOverSeconds`. */
  addReports(node: string, fromMs: number, toMs: number, reports: readonly ScopeReport[]): void {
    this.#stats.add(node, fromMs, toMs, reports);
    this.#stats.seen(node, toMs);
    this.#statsWriter.wake();
  }

  /** Beside a node's own report: counts that were taken from its logs. */
  addDerived(node: string, atMs: number, reports: readonly ScopeReport[]): void {
    if (reports.length === 0) return;
    this.#stats.add(node, atMs - 1, atMs, reports);
    this.#statsWriter.wake();
  }

  /** All of one node. */
  addRequests(node: string, entries: readonly NewAccessLogEntry[], nowMs: number): void {
    const allowed = this.#requestCap.take(node, entries.length, nowMs);
    const kept = pickSample(entries, allowed, isError);
    this.#drop(node, "requestsSampled", entries.length - kept.length);
    if (kept.length === 0) return;
    this.#requests.push(kept);
    this.#requestWriter.wake();
  }

  addSpans(spans: readonly Span[], nowMs: number): void {
    const kept = spans.filter((span) => {
      if (!this.#admitted.has(span.traceId) && this.#spanCap.take(span.node, 1, nowMs) === 0) {
        this.#drop(span.node, "spansSampled");
        return false;
      }
      this.#admit(span.traceId);
      return true;
    });
    if (kept.length === 0) return;
    this.#spans.push(kept);
    this.#spanWriter.wake();
  }

  /** Writes what waits, within the write deadline. */
  async close(): Promise<void> {
    await Promise.all([this.#requestWriter.close(), this.#spanWriter.close(), this.#loadWriter.close()]);
    await this.#statsWriter.close();
  }

  #admit(traceId: string): void {
    this.#admitted.add(traceId);
    if (this.#admitted.size <= ADMITTED_TRACES_MAX) return;
    const oldest = this.#admitted.values().next();
    if (oldest.done === false) this.#admitted.delete(oldest.value);
  }

  #drop(node: string, what: DropKind, count = 1): void {
    if (count === 0) return;
    this.#stats.drop(node, what, count, Date.now());
    this.#statsWriter.wake();
  }
}

function isError(entry: NewAccessLogEntry): boolean {
  return entry.status >= 500 || entry.flags.length > 0;
}
