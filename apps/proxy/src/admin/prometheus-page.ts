import type { TaggedName } from "../stats/extract-tags.ts";
import { cumulativeCounts, QUANTILES, quantilesOf } from "../stats/log-linear-histogram.ts";
import type { HistogramReading } from "../stats/stat-readings.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import type { AdminReply } from "./admin-command.ts";
import { HISTOGRAM_USAGE, type HistogramMode, histogramMode } from "./histogram-text.ts";
import { type StatSelection, selectStats } from "./stat-selection.ts";

const sanitize = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, "_");
/** Most values have nothing to escape. */
const escapeLabel = (value: string): string =>
  /[\\\n"]/.test(value)
    ? value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')
    : value;

/** With a comma behind them, if there are any. */
function ownLabels({ tags }: TaggedName): string {
  let text = "";
  for (const [name, value] of tags) text += `${labelName(name)}="${escapeLabel(value)}",`;
  return text;
}

function labels(tagged: TaggedName, extra = ""): string {
  const own = ownLabels(tagged);
  return extra === "" ? `{${own.slice(0, -1)}}` : `{${own}${extra}}`;
}

const LABEL_NAMES = new Map<string, string>();
const LABEL_NAMES_MAX = 1000;

/** There are few names of tags, and they are printed often. */
function labelName(tag: string): string {
  let name = LABEL_NAMES.get(tag);
  if (name === undefined) {
    name = sanitize(tag);
    if (LABEL_NAMES.size < LABEL_NAMES_MAX) LABEL_NAMES.set(tag, name);
  }
  return name;
}

/** `/stats/prometheus`: text exposition format 0.0.4 with Envoy's names. */
export function prometheusText(stats: StatsRegistry, parameters: URLSearchParams): AdminReply {
  const mode = histogramMode(parameters);
  if (mode === undefined || mode === "disjoint" || mode === "detailed") {
    return { status: 400, body: HISTOGRAM_USAGE };
  }
  const selection = selectStats(stats, parameters, () => true);
  if ("error" in selection) return { status: 400, body: selection.error };
  return { body: pages(stats, selection, parameters.has("text_readouts"), mode) };
}

type Type = "counter" | "gauge" | "histogram" | "summary";
const TYPES: readonly Type[] = ["counter", "gauge", "histogram", "summary"];

/** Lines by type and name: those of one name must stand together. */
class Families {
  readonly #families = new Map<Type, Map<string, { readonly name: string; text: string }>>(
    TYPES.map((type) => [type, new Map()]),
  );

  /** The family of stats whose name without tags is this. */
  of(tagged: TaggedName, type: Type): { readonly name: string; text: string } {
    const families = this.#families.get(type) ?? new Map();
    let family = families.get(tagged.name);
    if (family === undefined) {
      family = { name: `envoy_${sanitize(tagged.name)}`, text: "" };
      families.set(tagged.name, family);
    }
    return family;
  }

  *print(): Iterable<string> {
    for (const [type, families] of this.#families) {
      // Different names may be the same once sanitized.
      const byName = new Map<string, string[]>();
      for (const { name, text } of families.values()) {
        const texts = byName.get(name);
        if (texts === undefined) byName.set(name, [text]);
        else texts.push(text);
      }
      for (const name of [...byName.keys()].sort()) {
        yield `# TYPE ${name} ${type}\n`;
        yield* byName.get(name) ?? [];
      }
    }
  }
}

/** Nothing at first, again and again: all must be read before the first family is whole. */
function* pages(
  stats: StatsRegistry,
  selection: StatSelection,
  withTexts: boolean,
  mode: HistogramMode,
): Iterable<string> {
  const families = new Families();
  for (const group of selection.scalars()) {
    for (const { tagged, kind, value } of group) {
      const family = families.of(tagged, kind);
      family.text += `${family.name}${labels(tagged)} ${value}\n`;
    }
    yield "";
  }
  for (const [text, value] of withTexts ? selection.texts : []) {
    const tagged = stats.tag(text);
    const family = families.of(tagged, "gauge");
    family.text += `${family.name}${labels(tagged, `text_value="${escapeLabel(value)}"`)} 0\n`;
  }
  for (const group of selection.histograms()) {
    for (const reading of group) {
      const family = families.of(reading.tagged, mode === "summary" ? "summary" : "histogram");
      const { name } = family;
      family.text +=
        (mode === "summary" ? summaryText(name, reading) : bucketText(name, reading)) +
        `${name}_sum${labels(reading.tagged)} ${reading.cumulative.sum}\n` +
        `${name}_count${labels(reading.tagged)} ${reading.cumulative.count}\n`;
    }
    yield "";
  }
  yield* families.print();
}

function bucketText(name: string, { tagged, cumulative, bounds }: HistogramReading): string {
  const counts = cumulative.count === 0 ? [] : cumulativeCounts(cumulative, bounds);
  const own = ownLabels(tagged);
  let text = "";
  for (const [i, bound] of bounds.entries())
    text += `${name}_bucket{${own}le="${bound}"} ${counts[i] ?? 0}\n`;
  return `${text}${name}_bucket{${own}le="+Inf"} ${cumulative.count}\n`;
}

function summaryText(name: string, { tagged, cumulative }: HistogramReading): string {
  const values = quantilesOf(cumulative);
  return QUANTILES.map((quantile, i) => {
    const value = values[i] ?? Number.NaN;
    return `${name}${labels(tagged, `quantile="${quantile}"`)} ${Number.isNaN(value) ? "nan" : value}\n`;
  }).join("");
}
