/**
 * Stats as an extension sees them. A name is built once, when configuration is compiled; on the data path a stat is a slot
 * in this worker's shared-memory page and costs one add.
 */
export interface Counter {
  add(n: number): void;
  inc(): void;
}
export interface Gauge {
  set(n: number): void;
  add(n: number): void;
  sub(n: number): void;
}
/** Times are recorded in milliseconds, sizes in bytes, as Envoy does. */
export interface Histogram {
  record(value: number): void;
}

/**
 * A dotted name prefix. `counter("upstream_rq_total")` under scope `cluster.web.` is Envoy's `cluster.web.upstream_rq_total`.
 * Asking twice for one name gives the same stat. Tags are extracted from names by the same rules as Envoy's.
 */
export interface StatsScope {
  readonly prefix: string;
  /** A child scope; `name` ends without a dot, characters that Envoy replaces (`:` `/`) are replaced here. */
  scope(name: string): StatsScope;
  counter(name: string): Counter;
  gauge(name: string): Gauge;
  histogram(name: string): Histogram;
}
