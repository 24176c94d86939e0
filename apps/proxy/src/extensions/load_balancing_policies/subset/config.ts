import type { Compiled, Problem } from "@sluice/extension-api";
import type {
  Subset,
  Subset_LbSubsetSelector,
} from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/subset/v3/subset_pb.js";
import type { LoadBalancerConfig, PolicyCompileContext } from "../../../load-balancer/load-balancer.ts";
import { type MetadataMatch, metadataMatchOf } from "../../../load-balancer/metadata-match.ts";

/** What happens to a request that no subset fits; `undefined`: what the level above says. */
export type SubsetFallback = "none" | "any" | "default" | "keys";

export interface SubsetSelector {
  /** Sorted, each once. */
  readonly keys: readonly string[];
  readonly singleHost: boolean;
  readonly fallback: SubsetFallback | undefined;
  readonly fallbackKeys: readonly string[];
}

/** Plain data. */
export interface SubsetConfig {
  readonly selectors: readonly SubsetSelector[];
  readonly fallback: Exclude<SubsetFallback, "keys">;
  readonly defaultSubset: MetadataMatch;
  readonly allowRedundantKeys: boolean;
  /** `locality_weight_aware`; with `scale` a locality's weight shrinks with its part of the subset. */
  readonly localityWeights: "none" | "as they are" | "scaled";
  readonly panicModeAny: boolean;
  readonly listAsAny: boolean;
  /** `metadata_fallback_policy: FALLBACK_LIST`. */
  readonly fallbackList: boolean;
  readonly policy: LoadBalancerConfig;
}

const FALLBACKS = ["none", "any", "default"] as const;
/** NOT_DEFINED, NO_FALLBACK, ANY_ENDPOINT, DEFAULT_SUBSET, KEYS_SUBSET. */
const SELECTOR_FALLBACKS = [undefined, "none", "any", "default", "keys"] as const;

export function compileSubset(subset: Subset, context: PolicyCompileContext): Compiled<SubsetConfig> {
  const { path } = context;
  const problems: Problem[] = [];
  const policy = context.compileNested(subset.subsetLbPolicy, `${path}.subset_lb_policy`);
  if (!policy.ok) problems.push(...policy.problems);
  const selectors = subset.subsetSelectors.map((selector, index) =>
    compileSelector(selector, `${path}.subset_selectors[${index}]`, problems),
  );
  if (problems.length > 0 || !policy.ok) return { ok: false, problems };
  const aware = subset.scaleLocalityWeight ? "scaled" : "as they are";
  return {
    ok: true,
    value: {
      selectors,
      fallback: FALLBACKS[subset.fallbackPolicy] ?? "none",
      defaultSubset: metadataMatchOf(subset.defaultSubset) ?? [],
      allowRedundantKeys: subset.allowRedundantKeys,
      localityWeights: subset.localityWeightAware ? aware : "none",
      panicModeAny: subset.panicModeAny,
      listAsAny: subset.listAsAny,
      fallbackList: Number(subset.metadataFallbackPolicy) === 1,
      policy: policy.value,
    },
  };
}

function compileSelector(
  selector: Subset_LbSubsetSelector,
  path: string,
  problems: Problem[],
): SubsetSelector {
  const keys = sortedSet(selector.keys);
  const fallbackKeys = sortedSet(selector.fallbackKeysSubset);
  const fallback = SELECTOR_FALLBACKS[selector.fallbackPolicy];
  const problem = fallbackKeysProblem(keys, fallback, fallbackKeys);
  if (problem !== undefined) {
    problems.push({ path: `${path}.fallback_keys_subset`, message: problem, severity: "error" });
  }
  return { keys, singleHost: selector.singleHostPerSubset, fallback, fallbackKeys };
}

function fallbackKeysProblem(
  keys: readonly string[],
  fallback: SubsetFallback | undefined,
  fallbackKeys: readonly string[],
): string | undefined {
  if (fallback !== "keys") {
    return fallbackKeys.length > 0 ? "can be set only with fallback_policy KEYS_SUBSET" : undefined;
  }
  if (fallbackKeys.length === 0) return "cannot be empty with fallback_policy KEYS_SUBSET";
  if (!fallbackKeys.every((key) => keys.includes(key))) return "must be a subset of keys";
  return fallbackKeys.length === keys.length ? "cannot be equal to keys" : undefined;
}

function sortedSet(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
