import type { Timer, Timers } from "@sluice/extension-api";
import { eachMetric } from "./orca-metrics.ts";
import type { OrcaReport } from "./orca-report.ts";

/** How often a host's reports had a metric since this was last told, and its values' sum. */
export interface LoadMetric {
  /** Key of the host. */
  readonly host: string;
  readonly name: string;
  readonly count: number;
  readonly total: number;
}

const DELAY_MS = 100;
/** Until it is told; what is beyond is left out. */
const METRICS_MAX = 10_000;

/** Gathers what is to be told of a cluster's load reports (`lrs_report_endpoint_metrics`), and tells the main thread now and then. */
export class LoadMetricsOutbox {
  readonly #names: readonly string[];
  readonly #send: (metrics: readonly LoadMetric[]) => void;
  readonly #timer: Timer;
  readonly #metrics = new Map<string, { host: string; name: string; count: number; total: number }>();

  constructor(names: readonly string[], timers: Timers, send: (metrics: readonly LoadMetric[]) => void) {
    this.#names = names;
    this.#send = send;
    this.#timer = timers.create(() => this.#flush());
  }

  note(host: string, report: OrcaReport): void {
    eachMetric(report, this.#names, (name, value) => {
      const key = `${host}\u0000${name}`;
      const known = this.#metrics.get(key);
      if (known !== undefined) {
        known.count++;
        known.total += value;
      } else if (this.#metrics.size < METRICS_MAX) {
        this.#metrics.set(key, { host, name, count: 1, total: value });
      }
    });
    if (this.#metrics.size > 0 && !this.#timer.armed) this.#timer.arm(DELAY_MS);
  }

  close(): void {
    this.#timer.disarm();
    this.#flush();
  }

  #flush(): void {
    if (this.#metrics.size === 0) return;
    this.#send([...this.#metrics.values()]);
    this.#metrics.clear();
  }
}
