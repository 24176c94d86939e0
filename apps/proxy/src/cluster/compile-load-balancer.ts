import type { Message } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds";
import { type Cluster, Cluster_LbPolicy } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { LeastRequest } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.js";
import type { LoadBalancerConfig } from "../load-balancer/load-balancer.ts";
import { refuseUnsupportedFields } from "../server/refuse-unsupported-fields.ts";
import { CLUSTER_SUPPORTED_FIELDS } from "./cluster-supported-fields.ts";

const POLICY_TYPES: Readonly<Record<string, LoadBalancerConfig["policy"]>> = {
  "envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin": "round_robin",
  "envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest": "least_request",
  "envoy.extensions.load_balancing_policies.random.v3.Random": "random",
};

/** `load_balancing_policy` where it is set, else `lb_policy` with its `…_lb_config`. */
export function compileLoadBalancer(cluster: Cluster, problems: Problem[]): LoadBalancerConfig {
  const panicThreshold = cluster.commonLbConfig?.healthyPanicThreshold?.value ?? 50;
  const plain = { choiceCount: 2, activeRequestBias: 1, panicThreshold };
  if (cluster.loadBalancingPolicy !== undefined) {
    const problemsBefore = problems.length;
    for (const [index, entry] of cluster.loadBalancingPolicy.policies.entries()) {
      const path = `load_balancing_policy.policies[${index}].typed_extension_config.typed_config`;
      const any = entry.typedExtensionConfig?.typedConfig;
      const unpacked = any === undefined ? undefined : unpackAny(any);
      if (unpacked === undefined || !unpacked.ok) continue;
      const policy = POLICY_TYPES[unpacked.typeName];
      if (policy === undefined) continue;
      problems.push(
        ...refuseUnsupportedFields(unpacked.schema, unpacked.message, CLUSTER_SUPPORTED_FIELDS, path),
      );
      if (policy !== "least_request") return { ...plain, policy };
      const { choiceCount, activeRequestBias } = asLeastRequest(unpacked.message);
      return {
        policy,
        panicThreshold,
        choiceCount: choiceCount ?? 2,
        activeRequestBias: activeRequestBias?.defaultValue ?? 1,
      };
    }
    if (problems.length === problemsBefore) {
      const names = cluster.loadBalancingPolicy.policies.map(
        (entry) => entry.typedExtensionConfig?.name ?? "?",
      );
      problems.push({
        path: "load_balancing_policy",
        message: `none of these load-balancing policies is implemented: ${names.join(", ")}; use round_robin, least_request or random`,
        severity: "error",
      });
    }
    return { ...plain, policy: "round_robin" };
  }
  switch (cluster.lbPolicy) {
    case Cluster_LbPolicy.ROUND_ROBIN:
      return { ...plain, policy: "round_robin" };
    case Cluster_LbPolicy.RANDOM:
      return { ...plain, policy: "random" };
    case Cluster_LbPolicy.LEAST_REQUEST: {
      const given = cluster.lbConfig.case === "leastRequestLbConfig" ? cluster.lbConfig.value : undefined;
      return {
        policy: "least_request",
        panicThreshold,
        choiceCount: given?.choiceCount ?? 2,
        activeRequestBias: given?.activeRequestBias?.defaultValue ?? 1,
      };
    }
    default:
      problems.push({
        path: "lb_policy",
        message: `${Cluster_LbPolicy[cluster.lbPolicy] ?? cluster.lbPolicy} is not implemented; use ROUND_ROBIN, LEAST_REQUEST or RANDOM`,
        severity: "error",
      });
      return { ...plain, policy: "round_robin" };
  }
}

/** The caller has checked the type's name. */
function asLeastRequest(message: Message): LeastRequest {
  return message as LeastRequest;
}
