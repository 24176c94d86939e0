import type { NodeState } from "../contract.ts";
import type { AskNodeInput } from "./ask-node.ts";
import type { OrderAction } from "./order-contract.ts";

/** Why a node cannot be asked for that, with what to do instead; undefined: it can. */
export function actionProblem(
  node: Pick<NodeState, "id" | "product" | "channel">,
  action: OrderAction,
  input: AskNodeInput,
): string | undefined {
  if (node.channel !== undefined) {
    const needed = action === "compare" ? "config_dump" : action;
    if (node.channel.actions.includes(needed)) return undefined;
    return `the node '${node.id}' does not know '${needed}': it runs an older Sluice`;
  }
  // What it was sent and acknowledged is known without asking it.
  if (action === "config_dump" || action === "compare") return undefined;
  const command = `curl -X POST http://127.0.0.1:<admin port>${adminPath(input)}`;
  if (node.product === "sluice")
    return `the node '${node.id}' keeps no order channel: its bootstrap lacks node.metadata.sluice.orders, \`sluice join\` writes it; until then run on its machine: ${command}`;
  return `a stock Envoy takes no orders from its control plane; on the machine of '${node.id}' run: ${command}`;
}

/** The same on the node's own admin interface. */
function adminPath(input: AskNodeInput): string {
  switch (input.action) {
    case "drain":
      return input.closeListeners ? "/drain_listeners?graceful" : "/healthcheck/fail";
    case "resume":
      return "/healthcheck/ok";
    case "log_level":
      return `/logging?level=${input.level}`;
    default:
      return "/config_dump";
  }
}
