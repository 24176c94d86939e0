import type { LoadMetric } from "../orca/load-metrics-outbox.ts";

/** Of one metric: in how many reports it was, and its values' sum. */
export interface MetricSum {
  readonly count: number;
  readonly total: number;
}

/** Of one host until they are taken; hosts choose their metrics' names, and what is beyond is left out. */
const NAMES_MAX = 1000;

/** What the workers heard of the metrics of a cluster's hosts (`lrs_report_endpoint_metrics`), until it is taken. */
export class HostLoadMetrics {
  readonly #hosts = new Map<string, Map<string, MetricSum>>();

  /** Metrics of hosts that are not there any more are nobody's. */
  add(metrics: readonly LoadMetric[], isHost: (key: string) => boolean): void {
    for (const { host, name, count, total } of metrics) {
      if (!isHost(host)) continue;
      const sums = this.#hosts.get(host) ?? new Map<string, MetricSum>();
      this.#hosts.set(host, sums);
      const known = sums.get(name) ?? { count: 0, total: 0 };
      if (known.count === 0 && sums.size >= NAMES_MAX) continue;
      sums.set(name, { count: known.count + count, total: known.total + total });
    }
  }

  /** By name; empty where there are none. */
  take(host: string): ReadonlyMap<string, MetricSum> {
    const sums = this.#hosts.get(host);
    this.#hosts.delete(host);
    return sums ?? NONE;
  }

  forgetOthers(hosts: ReadonlySet<string>): void {
    for (const key of this.#hosts.keys()) if (!hosts.has(key)) this.#hosts.delete(key);
  }
}

const NONE: ReadonlyMap<string, MetricSum> = new Map();
