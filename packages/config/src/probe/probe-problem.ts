import { ConfigError, type NodeState } from "../contract.ts";
import { because, type ReasonPart, reasonText } from "../rollout/rollout-reason.ts";
import type { SyntheticProbe } from "./probe-contract.ts";

export interface ProbeProblem {
  readonly problem: ReasonPart;
  /** A Sluice node may be between two calls to its control plane; anything else does not pass by itself. */
  readonly lasting: boolean;
}

/** Who sends a node's synthetic request: the node itself on an order, else the control plane to the address that was given for it. */
export type ProbeSender = "node" | { readonly address: string } | ProbeProblem;

export function probeSender(
  node: Pick<NodeState, "id" | "channel" | "product">,
  probe: SyntheticProbe,
): ProbeSender {
  if (node.channel?.actions.includes("probe")) return "node";
  const address = Object.hasOwn(probe.addresses, node.id) ? probe.addresses[node.id] : undefined;
  if (address !== undefined) return { address };
  if (node.channel !== undefined) return { problem: because("probe_unknown_order"), lasting: true };
  if (node.product === "sluice") return { problem: because("probe_no_channel"), lasting: false };
  return { problem: because("probe_no_address"), lasting: true };
}

/** `bad_input` names the connected nodes of the group to which nobody could send the request. */
export function refuseUnprobed(nodes: readonly NodeState[], probe: SyntheticProbe): void {
  const refusals = nodes.flatMap((node) => {
    const sender = probeSender(node, probe);
    return node.connected && typeof sender === "object" && "problem" in sender && sender.lasting
      ? [`${node.id}: ${reasonText([sender.problem])}`]
      : [];
  });
  if (refusals.length === 0) return;
  const shown = refusals.slice(0, 5).join("; ");
  const more = refusals.length > 5 ? `; and ${refusals.length - 5} more nodes` : "";
  throw new ConfigError("bad_input", `the synthetic request cannot be sent everywhere: ${shown}${more}`);
}
