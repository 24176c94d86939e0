import type { RolloutRow, Transition } from "../rollout/record-transition.ts";
import { reasonText } from "../rollout/rollout-reason.ts";
import type { EventInput } from "./append-events.ts";
import type { EventKind } from "./notification-contract.ts";

/** What a rollout's transition tells; undefined: nothing. `automatic`: nobody asked for it. */
export function eventOfTransition(
  row: RolloutRow,
  transition: Transition,
  actor: { readonly name: string; readonly automatic: boolean },
): EventInput | undefined {
  const kind = kindOf(row, transition, actor.automatic);
  if (kind === undefined) return undefined;
  return {
    kind,
    group: row.group,
    subject: `rollout/${row.id}`,
    details: {
      rollout: row.id,
      version: row.version,
      previous: row.previous,
      reason: reasonText(transition.reason),
      by: actor.name,
    },
  };
}

function kindOf(row: RolloutRow, { kind, state }: Transition, automatic: boolean): EventKind | undefined {
  switch (kind) {
    case "started":
      return row.kind === "publish" ? "version.published" : "version.rolled_back";
    case "completed":
      return "rollout.completed";
    case "reverting":
      return state?.endsAs === "aborted" ? "rollout.failed" : "rollout.reverted";
    case "trouble":
      return "rollout.failed";
    case "paused":
      return automatic ? "rollout.failed" : undefined;
    default:
      return undefined;
  }
}
