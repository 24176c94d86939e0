import type { Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds";
import type { Cluster_QueuingPolicies } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";

const FIFO = "envoy.extensions.queue_policy.fifo.v3.FifoQueuePolicyConfig";

/** `queuing_policies`: requests that wait for a connection are served in the order in which they came; there is no other policy. */
export function checkQueuingPolicies(policies: Cluster_QueuingPolicies | undefined): readonly Problem[] {
  const policy = policies?.pendingRqPolicy;
  if (policy === undefined) return [];
  const path = "queuing_policies.pending_rq_policy";
  const refuse = (message: string): readonly Problem[] => [{ path, message, severity: "error" }];
  if (policy.typedConfig === undefined) return refuse(`${policy.name} needs a typed_config`);
  const unpacked = unpackAny(policy.typedConfig);
  if (!unpacked.ok) return refuse(unpacked.message);
  return unpacked.typeName === FIFO ? [] : refuse(`${unpacked.typeName} is not implemented`);
}
