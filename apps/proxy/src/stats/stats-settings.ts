import type { Compiled, Problem } from "@sluice/extension-api";
import { type CompiledStringMatcher, compileStringMatcher } from "@sluice/matching";
import type {
  StatsConfig,
  StatsMatcher,
  TagSpecifier,
} from "@sluice/xds/gen/envoy/config/metrics/v3/stats_pb.js";
import { extractTags, type TaggedName } from "./extract-tags.ts";
import { DEFAULT_BUCKET_BOUNDS } from "./log-linear-histogram.ts";
import type { StatFilter } from "./own-matchers.ts";
import { compileTagPattern } from "./tag-pattern.ts";
import { DEFAULT_RULES, type TagRule } from "./tag-rules.ts";
import { tagByTemplate } from "./tag-templates.ts";

/** The bootstrap's `stats_config`, compiled: which stats there are, their tags, their buckets. */
export interface StatsSettings {
  tag(name: string): TaggedName;
  /** Upper bounds of the buckets of a histogram. */
  bounds(name: string): readonly number[];
  /** False for stats that `stats_matcher` takes out. */
  accepts(name: string): boolean;
}

export const DEFAULT_STATS_SETTINGS: StatsSettings = {
  tag: tagByTemplate((name) => extractTags(name)),
  bounds: () => DEFAULT_BUCKET_BOUNDS,
  accepts: () => true,
};

export function compileStatsSettings(config: StatsConfig | undefined, path: string): Compiled<StatsSettings> {
  if (config === undefined) return { ok: true, value: DEFAULT_STATS_SETTINGS };
  const problems: Problem[] = [];
  const matcher = (
    pattern: Parameters<typeof compileStringMatcher>[0],
    at: string,
  ): CompiledStringMatcher | undefined => {
    const compiled = compileStringMatcher(pattern, at);
    if (compiled.ok) return compiled.value;
    problems.push(...compiled.problems);
    return undefined;
  };
  const { fixed, rules } = compileTags(config, path, problems);
  const buckets = config.histogramBucketSettings.flatMap((setting, i) => {
    const at = `${path}.histogram_bucket_settings[${i}]`;
    const matches = setting.match === undefined ? undefined : matcher(setting.match, `${at}.match`);
    return matches === undefined ? [] : [{ matches, bounds: [...setting.buckets].sort((a, b) => a - b) }];
  });
  const accepts = compileAcceptance(config.statsMatcher, `${path}.stats_matcher`, matcher);
  if (problems.length > 0) return { ok: false, problems };
  const tag = (name: string): TaggedName => {
    const tagged = extractTags(name, rules);
    return fixed.length === 0 ? tagged : { name: tagged.name, tags: [...fixed, ...tagged.tags] };
  };
  return {
    ok: true,
    value: {
      tag: rules === DEFAULT_RULES ? tagByTemplate(tag) : tag,
      bounds: (name) => buckets.find(({ matches }) => matches.matches(name))?.bounds ?? DEFAULT_BUCKET_BOUNDS,
      accepts,
    },
  };
}

/** A `stats_matcher` alone: that of a cluster or a listener. */
export function compileStatsMatcher(config: StatsMatcher, path: string): Compiled<StatFilter> {
  const problems: Problem[] = [];
  const value = compileAcceptance(config, path, (pattern, at) => {
    const compiled = compileStringMatcher(pattern, at);
    if (compiled.ok) return compiled.value;
    problems.push(...compiled.problems);
    return undefined;
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}

function compileAcceptance(
  config: StatsMatcher | undefined,
  path: string,
  compile: (
    pattern: Parameters<typeof compileStringMatcher>[0],
    at: string,
  ) => CompiledStringMatcher | undefined,
): (name: string) => boolean {
  const specifier = config?.statsMatcher;
  if (specifier === undefined || specifier.case === undefined) return () => true;
  if (specifier.case === "rejectAll") {
    const accept = !specifier.value;
    return () => accept;
  }
  const field = specifier.case === "exclusionList" ? "exclusion_list" : "inclusion_list";
  const patterns = specifier.value.patterns.flatMap((pattern, i) => {
    const matcher = compile(pattern, `${path}.${field}.patterns[${i}]`);
    return matcher === undefined ? [] : [matcher];
  });
  const including = specifier.case === "inclusionList";
  return (name) => patterns.some((pattern) => pattern.matches(name)) === including;
}

interface Tags {
  readonly fixed: readonly (readonly [name: string, value: string])[];
  readonly rules: readonly TagRule[];
}

/** Own tags first, then Envoy's unless `use_all_default_tags` is false. */
function compileTags(config: StatsConfig, path: string, problems: Problem[]): Tags {
  const fixed: (readonly [string, string])[] = [];
  const own: TagRule[] = [];
  for (const [i, specifier] of config.statsTags.entries()) {
    const { tagName, tagValue } = specifier;
    if (tagValue.case === "fixedValue") {
      fixed.push([tagName, tagValue.value]);
      continue;
    }
    const rule = compileRule(specifier);
    if (typeof rule !== "string") own.push(...rule);
    else problems.push({ path: `${path}.stats_tags[${i}]`, message: rule, severity: "error" });
  }
  const defaults = (config.useAllDefaultTags ?? true) ? DEFAULT_RULES : [];
  return { fixed, rules: own.length === 0 ? defaults : [...own, ...defaults] };
}

/** A rule by a regular expression, or the default rules of that name where there is none. */
function compileRule({ tagName, tagValue }: TagSpecifier): readonly TagRule[] | string {
  if (tagName === "") return "tag_name cannot be empty";
  const regex = tagValue.case === "regex" ? tagValue.value : "";
  if (regex === "") {
    const known = DEFAULT_RULES.filter(({ tag }) => tag === tagName);
    return known.length > 0
      ? known
      : `No regex specified for tag specifier and no default regex for name: '${tagName}'`;
  }
  const pattern = compileTagPattern(regex);
  if (typeof pattern === "string") return pattern;
  // As Envoy: a pattern without a group is never found, since the group is what is cut out of the name.
  if (pattern.groups === 0) return [];
  const find: TagRule["find"] = (name) => {
    const match = pattern.find(name);
    const cut = match?.group(1);
    if (match === undefined || cut === undefined) return undefined;
    const value = pattern.groups > 1 ? match.group(2) : cut;
    return { value: value?.text ?? "", start: cut.start, end: cut.end };
  };
  return [{ tag: tagName, contains: "", find }];
}
