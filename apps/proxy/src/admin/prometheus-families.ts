import type { TaggedName } from "../stats/extract-tags.ts";
import type { HistogramReading, ScalarReading } from "../stats/stat-readings.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import { sanitize } from "./prometheus-labels.ts";
import type { StatSelection } from "./stat-selection.ts";

export type FamilyType = "counter" | "gauge" | "histogram" | "summary";

/** How stats are written: `Metric` is one of them, `Part` a piece of the answer. */
export interface PrometheusFormat<Metric, Part> {
  scalar(reading: ScalarReading, name: string): Metric;
  text(tagged: TaggedName, value: string, name: string): Metric;
  histogram(reading: HistogramReading, name: string): Metric;
  family(name: string, type: FamilyType, metrics: readonly Metric[]): Part;
}

interface Family<Metric> {
  readonly name: string;
  readonly metrics: Metric[];
}

const TYPES: readonly FamilyType[] = ["counter", "gauge", "histogram", "summary"];

/** Stats by type and name: those of one name must stand together. */
class Families<Metric> {
  readonly #families = new Map<FamilyType, Map<string, Family<Metric>>>(
    TYPES.map((type) => [type, new Map()]),
  );

  /** The family of stats whose name without tags is this. */
  of(tagged: TaggedName, type: FamilyType): Family<Metric> {
    const families = this.#families.get(type) ?? new Map<string, Family<Metric>>();
    let family = families.get(tagged.name);
    if (family === undefined) {
      family = { name: `envoy_${sanitize(tagged.name)}`, metrics: [] };
      families.set(tagged.name, family);
    }
    return family;
  }

  *print<Part>({ family }: PrometheusFormat<Metric, Part>): Iterable<Part> {
    for (const [type, families] of this.#families) {
      // Different names may be the same once sanitized.
      const byName = new Map<string, Metric[]>();
      for (const { name, metrics } of families.values()) {
        const known = byName.get(name);
        if (known === undefined) byName.set(name, metrics);
        else for (const metric of metrics) known.push(metric);
      }
      for (const name of [...byName.keys()].sort()) yield family(name, type, byName.get(name) ?? []);
    }
  }
}

/** Nothing (`empty`) at first, again and again: all must be read before the first family is whole. */
export function* prometheusFamilies<Metric, Part>(
  stats: StatsRegistry,
  selection: StatSelection,
  format: PrometheusFormat<Metric, Part>,
  histograms: "histogram" | "summary",
  empty: Part,
): Iterable<Part> {
  const families = new Families<Metric>();
  for (const group of selection.scalars()) {
    for (const reading of group) {
      const { name, metrics } = families.of(reading.tagged, reading.kind);
      metrics.push(format.scalar(reading, name));
    }
    yield empty;
  }
  for (const [text, value] of selection.texts) {
    const tagged = stats.tag(text);
    const { name, metrics } = families.of(tagged, "gauge");
    metrics.push(format.text(tagged, value, name));
  }
  for (const group of selection.histograms()) {
    for (const reading of group) {
      const { name, metrics } = families.of(reading.tagged, histograms);
      metrics.push(format.histogram(reading, name));
    }
    yield empty;
  }
  yield* families.print(format);
}
