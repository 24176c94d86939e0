import {
  type Compiled,
  type HeaderMap,
  type MatchedRoute,
  type Problem,
  refuse,
} from "@sluice/extension-api";
import {
  RateLimit_XRateLimitOption as HeaderOption,
  type RateLimit as RateLimitConfig,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { RateLimitUnit } from "@sluice/xds/gen/envoy/type/v3/ratelimit_unit_pb.js";
import { compileSubstitutionFormat } from "../formatter/compile-substitution-format.ts";
import type { FormatContext } from "../formatter/format-context.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import { compileDescriptorAction, type DescriptorAction, metadataAt } from "./rate-limit-actions.ts";

/** One descriptor of a request, as the rate limit filters compare it or send it. */
export interface RateLimitDescriptor {
  readonly entries: readonly DescriptorEntry[];
  /** `limit`: what the request itself asks for. */
  readonly limit: RateLimitOverride | undefined;
  /** How many hits the request counts; `undefined`: the filter's default, 1. */
  readonly hitsAddend: number | undefined;
  /** The hits are given back. */
  readonly isNegativeHits: boolean;
  /** Whether the response tells the limit in x-ratelimit headers; `undefined`: the filter decides. */
  readonly xRateLimitHeaders: boolean | undefined;
}

export interface DescriptorEntry {
  readonly key: string;
  readonly value: string;
}

export interface RateLimitOverride {
  readonly requestsPerUnit: number;
  readonly unit: RateLimitUnit;
}

/** What descriptors need of the thread. */
export type RateLimitContext = Pick<WorkerContext, "runtime" | "random" | "localInfo">;

/** What descriptors are made of. */
export interface DescriptorSource extends FormatContext {
  readonly request: HeaderMap;
  readonly route: MatchedRoute | undefined;
}

/** As many hits as one request may count. */
const HITS_MAX = 1_000_000_000;

interface Entry {
  readonly stage: number;
  readonly disableKey: string;
  readonly applyOnStreamDone: boolean;
  readonly actions: readonly DescriptorAction[];
  readonly limit: readonly string[] | RateLimitOverride | undefined;
  readonly limitFilter: string;
  hits(source: DescriptorSource): number | "invalid" | undefined;
  readonly isNegativeHits: boolean;
  readonly xRateLimitHeaders: boolean | undefined;
}

/** `rate_limits` of a route, a virtual host or a filter. */
export class RateLimitPolicy {
  private readonly entries: readonly Entry[];
  private readonly worker: RateLimitContext;

  constructor(entries: readonly Entry[], worker: RateLimitContext) {
    this.entries = entries;
    this.worker = worker;
  }

  get empty(): boolean {
    return this.entries.length === 0;
  }

  /** The descriptors of one stage (0 to 10), in order; `onStreamDone` chooses those that count when the stream ends. */
  descriptorsFor(source: DescriptorSource, stage: number, onStreamDone: boolean): RateLimitDescriptor[] {
    const found: RateLimitDescriptor[] = [];
    for (const entry of this.entries) {
      if (entry.stage !== stage || entry.applyOnStreamDone !== onStreamDone) continue;
      if (entry.disableKey !== "" && !this.enabled(entry.disableKey)) continue;
      const descriptor = this.descriptor(entry, source);
      if (descriptor !== undefined) found.push(descriptor);
    }
    return found;
  }

  /**
   * As the local rate limit filter takes a route's: nothing with a switch (`disable_key`), all when the request begins.
   */
  localDescriptorsFor(source: DescriptorSource, stage: number): RateLimitDescriptor[] {
    const found: RateLimitDescriptor[] = [];
    for (const entry of this.entries) {
      if (entry.stage !== stage || entry.disableKey !== "") continue;
      const descriptor = this.descriptor(entry, source);
      if (descriptor !== undefined) found.push(descriptor);
    }
    return found;
  }

  private enabled(disableKey: string): boolean {
    const { runtime, random } = this.worker;
    return runtime.featureEnabled(`ratelimit.${disableKey}.http_filter_enabled`, 100, 100, random.uint32());
  }

  /** `undefined` when one of the actions has nothing to say. */
  private descriptor(entry: Entry, source: DescriptorSource): RateLimitDescriptor | undefined {
    const entries: DescriptorEntry[] = [];
    for (const action of entry.actions) if (!action(source, entries)) return undefined;
    const hitsAddend = entry.hits(source);
    if (hitsAddend === "invalid") return undefined;
    const { limit, limitFilter, isNegativeHits, xRateLimitHeaders } = entry;
    return {
      entries,
      limit:
        limit === undefined || "unit" in limit
          ? limit
          : overrideOf(metadataAt(source.streamInfo.getDynamicMetadata(limitFilter), limit)),
      hitsAddend,
      isNegativeHits,
      xRateLimitHeaders,
    };
  }
}

/** `path` is where the list stands. `place`: as in Envoy, which reads `hits_addend` in a filter's own list alone. */
export function compileRateLimits(
  configs: readonly RateLimitConfig[],
  path: string,
  worker: RateLimitContext,
  place: "route" | "filter",
): Compiled<RateLimitPolicy> {
  const problems: Problem[] = [];
  const entries: Entry[] = [];
  for (const [i, config] of configs.entries()) {
    const entry = compileEntry(config, `${path}[${i}]`, worker, place);
    if (entry.ok) entries.push(entry.value);
    else problems.push(...entry.problems);
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: new RateLimitPolicy(entries, worker) };
}

function compileEntry(
  config: RateLimitConfig,
  path: string,
  worker: RateLimitContext,
  place: "route" | "filter",
): Compiled<Entry> {
  const problems: Problem[] = [];
  const stage = config.stage ?? 0;
  if (stage > 10) problems.push({ path: `${path}.stage`, message: "must be 10 or less", severity: "error" });
  if (config.actions.length === 0)
    problems.push({ path: `${path}.actions`, message: "at least one action is required", severity: "error" });
  const actions: DescriptorAction[] = [];
  for (const [i, action] of config.actions.entries()) {
    const compiled = compileDescriptorAction(action, `${path}.actions[${i}]`, worker);
    if (compiled.ok) actions.push(compiled.value);
    else problems.push(...compiled.problems);
  }
  const hits: Compiled<Entry["hits"]> =
    place === "route" ? { ok: true, value: () => undefined } : compileHits(config, `${path}.hits_addend`);
  if (!hits.ok) problems.push(...hits.problems);
  const override = config.limit?.overrideSpecifier;
  const key = override?.case === "dynamicMetadata" ? override.value.metadataKey : undefined;
  const limit =
    override?.case === "rateLimit"
      ? { requestsPerUnit: override.value.requestsPerUnit, unit: override.value.unit }
      : key?.path.map(({ segment }) => (segment.case === "key" ? segment.value : ""));
  if (config.limit !== undefined && limit === undefined)
    problems.push({ path: `${path}.limit`, message: "a metadata key is required", severity: "error" });
  if (problems.length > 0 || !hits.ok) return { ok: false, problems };
  return {
    ok: true,
    value: {
      stage,
      disableKey: config.disableKey,
      applyOnStreamDone: config.applyOnStreamDone,
      actions,
      limit,
      limitFilter: key?.key ?? "",
      hits: hits.value,
      isNegativeHits: place === "filter" && config.hitsAddend?.isNegativeHits === true,
      xRateLimitHeaders:
        config.xRatelimitOption === HeaderOption.UNSPECIFIED
          ? undefined
          : config.xRatelimitOption !== HeaderOption.OFF,
    },
  };
}

function compileHits(config: RateLimitConfig, path: string): Compiled<Entry["hits"]> {
  const { hitsAddend } = config;
  if (hitsAddend === undefined) return { ok: true, value: () => undefined };
  const { number, format } = hitsAddend;
  if ((format === "") === (number === undefined)) {
    const message = "hits_addend must contain either a format or a number";
    return refuse(path, message);
  }
  if (number !== undefined) return { ok: true, value: () => Number(number) };
  if (!/^%[^%]+%$/.test(format)) {
    const message = "hits_addend format must contain exactly one substitution";
    return refuse(`${path}.format`, message);
  }
  const compiled = compileSubstitutionFormat(format, `${path}.format`, { omitEmptyValues: true });
  if (!compiled.ok) return compiled;
  return {
    ok: true,
    value: (source) => {
      const text = compiled.value.format(source).trim();
      const hits = text === "" ? Number.NaN : Number(text);
      return hits >= 0 && hits <= HITS_MAX ? Math.trunc(hits) : "invalid";
    },
  };
}

/** A Struct with `requests_per_unit` and `unit`; anything else overrides nothing. */
function overrideOf(value: unknown): RateLimitOverride | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!("requests_per_unit" in value) || !("unit" in value)) return undefined;
  const { requests_per_unit: requestsPerUnit, unit } = value;
  if (typeof requestsPerUnit !== "number" || typeof unit !== "string") return undefined;
  const known = UNITS.get(unit);
  return known === undefined
    ? undefined
    : { requestsPerUnit: Math.trunc(requestsPerUnit) >>> 0, unit: known };
}

const UNITS: ReadonlyMap<string, RateLimitUnit> = new Map(
  Object.entries(RateLimitUnit).filter(
    (entry): entry is [string, RateLimitUnit] => typeof entry[1] === "number",
  ),
);
