import type { WeightedCluster } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { Compiled, HeaderView, RuntimeView } from "./contract.ts";
import { headerKey } from "./header-matcher.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";

const UINT32_MAX = 0xffff_ffff;
const UINT64_MAX = 2n ** 64n - 1n;

/** Envoy's words, also for where runtime has set all weights to 0. */
export const NO_WEIGHT = "Sum of weights in the weighted_cluster must be greater than 0.";

/** `envoy.config.route.v3.WeightedCluster`, ready to be drawn from. */
export class WeightedClusters {
  private readonly weights: readonly number[];
  private readonly names: readonly string[];
  private readonly totalWeight: number;
  private readonly runtimeKeyPrefix: string;
  /** "" when the random number is always the request's own. */
  private readonly randomHeader: string;
  /** `use_hash_policy`: the hash of the route's hash policy is drawn from where there is one. */
  readonly usesHash: boolean;

  constructor(config: WeightedCluster) {
    this.weights = config.clusters.map(({ weight }) => weight ?? 0);
    this.names = config.clusters.map(({ name }) => name);
    this.totalWeight = this.weights.reduce((sum, weight) => sum + weight, 0);
    this.runtimeKeyPrefix = config.runtimeKeyPrefix;
    const specifier = config.randomValueSpecifier;
    this.usesHash = specifier.case === "useHashPolicy" && (specifier.value.value ?? false);
    this.randomHeader = specifier.case === "headerName" ? headerKey(specifier.value) : "";
  }

  /**
   * Index into `clusters` of the one that gets this request; -1 when runtime has set all weights to 0.
   *
   * @param random an unsigned 32-bit integer; a valid `header_name` header of the request takes its place
   * @param hash of the route's hash policy; takes the random number's place with `use_hash_policy`
   * @param without indices of clusters that do not count
   */
  pick(
    random: number,
    headers: HeaderView,
    runtime?: RuntimeView,
    hash?: bigint,
    without?: ReadonlySet<number>,
  ): number {
    const weighed = this.runtimeKeyPrefix !== "" && runtime !== undefined;
    const all = weighed ? this.runtimeWeights(runtime) : this.weights;
    const weights = without === undefined ? all : all.map((weight, i) => (without.has(i) ? 0 : weight));
    const total = weights === this.weights ? this.totalWeight : weights.reduce((sum, one) => sum + one, 0);
    if (total === 0) return -1;
    let left =
      this.fromHeader(headers, total) ?? (hash === undefined ? random % total : Number(hash % BigInt(total)));
    for (let i = 0; i < weights.length; i++) {
      left -= weights[i] ?? 0;
      if (left < 0) return i;
    }
    return -1;
  }

  /** Of all weights, as runtime has them now. */
  total(runtime: RuntimeView): number {
    if (this.runtimeKeyPrefix === "") return this.totalWeight;
    return this.runtimeWeights(runtime).reduce((sum, one) => sum + one, 0);
  }

  private runtimeWeights(runtime: RuntimeView): number[] {
    return this.weights.map((weight, i) =>
      runtime.integer(`${this.runtimeKeyPrefix}.${this.names[i] ?? ""}`, weight),
    );
  }

  /** The header's value modulo `total`; `undefined` when there is none, several, or no unsigned 64-bit integer. */
  private fromHeader(headers: HeaderView, total: number): number | undefined {
    if (this.randomHeader === "") return undefined;
    const text = headers.getAll(this.randomHeader);
    if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined;
    if (text.length < 16) return Number(text) % total;
    const value = BigInt(text);
    return value > UINT64_MAX ? undefined : Number(value % BigInt(total));
  }
}

/**
 * `path` is where the message stands. `total_weight` is checked by nobody, as in Envoy: since its deprecation the sum of the
 * weights counts.
 */
export function compileWeightedClusters(config: WeightedCluster, path: string): Compiled<WeightedClusters> {
  const problems = new ProblemList();
  const weights = config.clusters.map(({ weight }) => weight ?? 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const at = fieldPath(path, "clusters");
  if (config.clusters.length === 0) problems.error(at, "at least one cluster is required");
  else if (total === 0) problems.error(at, NO_WEIGHT);
  else if (total > UINT32_MAX)
    problems.error(at, `The sum of weights of all weighted clusters exceeds ${UINT32_MAX}`);
  for (const [i, { name, clusterHeader }] of config.clusters.entries())
    if ((name === "") === (clusterHeader === ""))
      problems.error(`${at}[${i}]`, "exactly one of name and cluster_header is required");
  return problems.result(() => new WeightedClusters(config));
}
