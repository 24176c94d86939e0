import { eq } from "drizzle-orm";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, type Context, type NodeGroup } from "../contract.ts";
import { lockGroup } from "../group/lock-group.ts";
import { toGroup } from "../group/read-groups.ts";
import { nodeGroup } from "../schema/index.ts";
import { completeProbe, type ProbeInput } from "./complete-probe.ts";

export interface SetGroupProbeInput {
  readonly group: string;
  /** Null: none any more. */
  readonly probe: ProbeInput | null;
}

/** What the group's rollouts send from the next one on. Needs group.manage. `not_found`, `bad_input`. */
export async function setGroupProbe(
  context: Context,
  { group, probe }: SetGroupProbeInput,
): Promise<NodeGroup> {
  const attempt = { permission: "group.manage", action: "group.probe", subject: `group/${group}` } as const;
  return await change(context, attempt, async (tx) => {
    const complete = probe === null ? null : completeProbe(probe);
    const before = await lockGroup(tx, group);
    await tx.update(nodeGroup).set({ probe: complete }).where(eq(nodeGroup.name, group));
    await appendAudit(tx, context, { ...attempt, details: { before: before.probe, after: complete } });
    await notify(tx, CHANNELS.rollout, { group });
    return toGroup({ ...before, probe: complete });
  });
}
