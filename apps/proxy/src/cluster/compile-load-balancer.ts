import type { DescMessage, Message } from "@bufbuild/protobuf";
import { type Compiled, type Problem, refuse } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds";
import {
  type Cluster,
  Cluster_LbPolicy,
  type LoadBalancingPolicy,
} from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { durationProblemsIn } from "../config-message/duration-problems.ts";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import type { LoadBalancerConfig } from "../load-balancer/load-balancer.ts";
import type { LoadReportNeed } from "../orca/load-report-need.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import type { Discovery } from "./cluster-config.ts";
import { CLUSTER_SUPPORTED_FIELDS } from "./cluster-supported-fields.ts";
import { legacyPolicyMessage } from "./legacy-load-balancer.ts";

const CATEGORY = "envoy.load_balancing_policies";
const PROVIDED = "/envoy.extensions.load_balancing_policies.cluster_provided.v3.ClusterProvided";
/** Clusters of these types pick by themselves. */
const PROVIDERS: ReadonlySet<Discovery["kind"]> = new Set(["aggregate", "composite", "original_dst"]);
/** Stands where the cluster's type picks, or the configuration is refused. */
const NONE: LoadBalancerConfig = { type: "", config: undefined };

/** A cluster's policy, for the workers, and what the main thread is to do for it. */
export interface CompiledLoadBalancer {
  readonly policy: LoadBalancerConfig;
  /** Undefined: it does not go by load reports. */
  readonly loadReports: LoadReportNeed | undefined;
}

/** What a policy within others is compiled in. */
interface Scope {
  readonly extensions: ExtensionRegistry;
  wantLoadReports(need: LoadReportNeed): void;
}

/** `load_balancing_policy` where it is set, else `lb_policy` with its `…_lb_config`, read as the policy that it stands for. */
export function compileLoadBalancer(
  cluster: Cluster,
  extensions: ExtensionRegistry,
  problems: Problem[],
  discovery: Discovery["kind"] = "static",
): CompiledLoadBalancer {
  let loadReports: LoadReportNeed | undefined;
  const scope: Scope = {
    extensions,
    wantLoadReports: (need) => {
      loadReports = need;
    },
  };
  const policy = compileAnyPolicy(cluster, scope, problems, discovery);
  return { policy, loadReports };
}

function compileAnyPolicy(
  cluster: Cluster,
  scope: Scope,
  problems: Problem[],
  discovery: Discovery["kind"],
): LoadBalancerConfig {
  const provides = PROVIDERS.has(discovery);
  // Envoy asks it of the older field of clusters of this type, whatever a policy says.
  const says = discovery === "original_dst" ? isProvided(cluster) : wantsProvided(cluster);
  if (provides !== says) {
    const message = provides
      ? "must be CLUSTER_PROVIDED: clusters of this type pick by themselves"
      : "CLUSTER_PROVIDED is not possible: clusters of this type do not pick by themselves";
    problems.push({ path: "lb_policy", message, severity: "error" });
    return NONE;
  }
  if (provides) {
    if (cluster.loadBalancingPolicy !== undefined && !wantsProvided(cluster)) {
      const message = "must be cluster_provided: clusters of this type pick by themselves";
      problems.push({ path: "load_balancing_policy", message, severity: "error" });
    }
    if ((cluster.lbSubsetConfig?.subsetSelectors.length ?? 0) > 0) {
      const message = "cannot be combined with CLUSTER_PROVIDED";
      problems.push({ path: "lb_subset_config", message, severity: "error" });
    }
    return NONE;
  }
  const compiled = isExtensionPolicy(cluster)
    ? compileExtensionPolicy(cluster, scope)
    : compileLegacyPolicy(cluster, scope);
  if (compiled.ok) return compiled.value;
  problems.push(...compiled.problems);
  return NONE;
}

/** `CLUSTER_PROVIDED`, or the extension that says the same. */
function wantsProvided(cluster: Cluster): boolean {
  if (!isExtensionPolicy(cluster)) return isProvided(cluster);
  return (
    cluster.loadBalancingPolicy?.policies[0]?.typedExtensionConfig?.typedConfig?.typeUrl.endsWith(PROVIDED) ??
    false
  );
}

const isProvided = ({ lbPolicy }: Cluster): boolean => lbPolicy === Cluster_LbPolicy.CLUSTER_PROVIDED;

function isExtensionPolicy(cluster: Cluster): boolean {
  return (
    cluster.loadBalancingPolicy !== undefined ||
    cluster.lbPolicy === Cluster_LbPolicy.LOAD_BALANCING_POLICY_CONFIG
  );
}

function compileExtensionPolicy(cluster: Cluster, scope: Scope): Compiled<LoadBalancerConfig> {
  const path = "load_balancing_policy";
  if (cluster.loadBalancingPolicy === undefined) return refuse(path, "must be set");
  if (cluster.lbSubsetConfig !== undefined) {
    return refuse("lb_subset_config", "cannot be combined with load_balancing_policy");
  }
  const common = cluster.commonLbConfig;
  if (common?.localityConfigSpecifier.case !== undefined || common?.consistentHashingLbConfig !== undefined) {
    return refuse(
      "common_lb_config",
      "zone_aware_lb_config, locality_weighted_lb_config and consistent_hashing_lb_config cannot be combined with load_balancing_policy",
    );
  }
  return compileNested(cluster.loadBalancingPolicy, path, scope);
}

function compileLegacyPolicy(cluster: Cluster, scope: Scope): Compiled<LoadBalancerConfig> {
  const legacy = legacyPolicyMessage(cluster);
  if (legacy === undefined) {
    const name = Cluster_LbPolicy[cluster.lbPolicy] ?? cluster.lbPolicy;
    return refuse("lb_policy", `${name} is not implemented`);
  }
  const { lbSubsetConfig: subset, commonLbConfig: common } = cluster;
  if (
    subset?.localityWeightAware === true &&
    common?.localityConfigSpecifier.case !== "localityWeightedLbConfig"
  ) {
    return refuse(
      "lb_subset_config.locality_weight_aware",
      "needs common_lb_config.locality_weighted_lb_config",
    );
  }
  const compiled = compilePolicy(legacy.schema, legacy.message, legacy.path, scope);
  return compiled ?? refuse("lb_policy", `${Cluster_LbPolicy[cluster.lbPolicy]} is not implemented`);
}

/** The first policy that is known; the others are not looked at, as in Envoy. */
function compileNested(
  policy: LoadBalancingPolicy | undefined,
  path: string,
  scope: Scope,
): Compiled<LoadBalancerConfig> {
  const names: string[] = [];
  for (const [index, { typedExtensionConfig }] of (policy?.policies ?? []).entries()) {
    const any = typedExtensionConfig?.typedConfig;
    const unpacked = any === undefined ? undefined : unpackAny(any);
    names.push(typedExtensionConfig?.name ?? "?");
    if (unpacked?.ok !== true) continue;
    const at = `${path}.policies[${index}].typed_extension_config.typed_config`;
    const compiled = compilePolicy(unpacked.schema, unpacked.message, at, scope);
    if (compiled !== undefined) return compiled;
  }
  if (names.length === 0) return refuse(path, "needs at least one policy");
  return refuse(path, `none of these load-balancing policies is implemented: ${names.join(", ")}`);
}

/** Undefined when no extension is configured by such a message. */
function compilePolicy(
  schema: DescMessage,
  message: Message,
  path: string,
  scope: Scope,
): Compiled<LoadBalancerConfig> | undefined {
  const found = scope.extensions.find(CATEGORY, schema.typeName);
  if (found === undefined) return undefined;
  const problems = refuseUnsupportedFields(
    schema,
    message,
    { ...CLUSTER_SUPPORTED_FIELDS, ...found.manifest.supportedFields },
    path,
  );
  problems.push(...durationProblemsIn(schema, message, path));
  const compiled = found.factory.compile(message, {
    path,
    compileNested: (policy, at) => compileNested(policy, at, scope),
    wantLoadReports: scope.wantLoadReports,
  });
  if (!compiled.ok) problems.push(...compiled.problems);
  if (problems.length > 0 || !compiled.ok) return { ok: false, problems };
  return { ok: true, value: { type: schema.typeName, config: compiled.value } };
}
