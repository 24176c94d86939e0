import type { TaggedName } from "./extract-tags.ts";
import { HISTOGRAM_BINS, type HistogramView, histogramView } from "./log-linear-histogram.ts";
import type { Stat } from "./stat.ts";
import type { StatsSettings } from "./stats-settings.ts";

export interface ScalarReading {
  readonly name: string;
  readonly tagged: TaggedName;
  readonly kind: "counter" | "gauge";
  readonly value: number;
  /** Counters: since the last flush. */
  readonly delta: number;
  readonly used: boolean;
}

export interface HistogramReading {
  readonly name: string;
  readonly tagged: TaggedName;
  /** Upper bounds of its buckets. */
  readonly bounds: readonly number[];
  readonly cumulative: HistogramView;
  /** Of the last whole flush interval. */
  readonly interval: HistogramView;
  readonly used: boolean;
}

/** Its tags are worked out only for who asks: there may be a hundred stats for each of thousands of clusters. */
export class TaggedScalar implements ScalarReading {
  readonly name: string;
  readonly kind: "counter" | "gauge";
  readonly value: number;
  readonly delta: number;
  readonly used: boolean;
  readonly #from: Stat | StatsSettings;

  constructor(
    name: string,
    kind: "counter" | "gauge",
    value: number,
    delta: number,
    used: boolean,
    from: Stat | StatsSettings,
  ) {
    this.name = name;
    this.kind = kind;
    this.value = value;
    this.delta = delta;
    this.used = used;
    this.#from = from;
  }

  get tagged(): TaggedName {
    return "tag" in this.#from ? this.#from.tag(this.name) : this.#from.tagged;
  }
}

const EMPTY = new Float64Array(HISTOGRAM_BINS);
const NO_VALUES = histogramView(EMPTY);

export class TaggedHistogram implements HistogramReading {
  readonly name: string;
  readonly cumulative: HistogramView;
  readonly interval: HistogramView;
  readonly #from: Stat | StatsSettings;

  constructor(
    name: string,
    bins: Float64Array | undefined,
    interval: Float64Array | undefined,
    from: Stat | StatsSettings,
  ) {
    this.name = name;
    this.cumulative = bins === undefined ? NO_VALUES : histogramView(bins);
    this.interval = interval === undefined ? NO_VALUES : histogramView(interval);
    this.#from = from;
  }

  get used(): boolean {
    return this.cumulative.count > 0;
  }
  get tagged(): TaggedName {
    return "tag" in this.#from ? this.#from.tag(this.name) : this.#from.tagged;
  }
  get bounds(): readonly number[] {
    return "tag" in this.#from ? this.#from.bounds(this.name) : this.#from.bounds;
  }
}
