import { sql } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { staleApprovals } from "../approval/settle-approvals.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, type Context } from "../contract.ts";
import { appendEvents } from "../notification/append-events.ts";
import { eventOfTransition } from "../notification/event-of-transition.ts";
import { nodeGroup, type rollout, rolloutEvent, rolloutState } from "../schema/index.ts";
import type { RolloutEventKind } from "./rollout-contract.ts";
import { type Reason, reasonText } from "./rollout-reason.ts";
import { SYSTEM_ACTOR } from "./system-actor.ts";

export type RolloutRow = typeof rollout.$inferSelect;
export type StateRow = typeof rolloutState.$inferSelect;
/** `reason`: null: none any more; undefined: as it is. */
type StateChange = Partial<Omit<StateRow, "rollout" | "revision" | "reason" | "words">> & {
  readonly reason?: Reason | null;
};
type GroupChange = Partial<Pick<typeof nodeGroup.$inferSelect, "version" | "rollout">>;

export interface Transition {
  readonly kind: RolloutEventKind;
  readonly reason: Reason;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly state?: StateChange;
  readonly group?: GroupChange;
}

/** The one way in which a rollout moves, under its group's lock: the state, its event, the audit event and the notification. */
export async function recordTransition(
  tx: Transaction,
  context: Context,
  row: RolloutRow,
  transition: Transition,
): Promise<void> {
  const { kind, reason: words, details, state = {}, group } = transition;
  const reason = reasonText(words);
  const { reason: why, ...change } = state;
  const stated =
    why === undefined ? change : { ...change, reason: why === null ? null : reasonText(why), words: why };
  await tx
    .update(rolloutState)
    .set({ ...stated, revision: sql`${rolloutState.revision} + 1` })
    .where(sql`${rolloutState.rollout} = ${row.id}`);
  if (group !== undefined) {
    await tx.update(nodeGroup).set(group).where(sql`${nodeGroup.name} = ${row.group}`);
    await staleApprovals(tx, context, row.group);
  }
  await tx.insert(rolloutEvent).values({
    rollout: row.id,
    at: context.now(),
    kind,
    actor: context.actor.name,
    reason,
    words,
    details: details ?? null,
  });
  const automatic = context.actor.id === SYSTEM_ACTOR.id;
  const event = eventOfTransition(row, transition, { name: context.actor.name, automatic });
  if (event !== undefined) await appendEvents(tx, context, [event]);
  await appendAudit(tx, context, {
    action: `rollout.${kind}`,
    subject: `rollout/${row.id}`,
    details: { group: row.group, version: row.version, reason },
  });
  await notify(tx, CHANNELS.rollout, { rollout: row.id, version: row.version });
}
