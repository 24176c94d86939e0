import { editing, requireNeed } from "../access/authorize.ts";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { describeChange } from "../audit/describe-change.ts";
import { CHANNELS, type Context } from "../contract.ts";
import { draftRemoval, draftResource } from "../schema/index.ts";
import { refuseOwned } from "../source/refuse-owned.ts";
import { type DraftRow, isResource } from "./draft-rows.ts";

/** Takes a row out, remembering its revision; within the caller's transaction, which holds the row. */
export async function deleteRow(
  tx: Transaction,
  context: Context,
  row: Pick<DraftRow, "kind" | "name" | "revision" | "json">,
): Promise<void> {
  const { kind, name, revision } = row;
  requireNeed(context.actor, editing(kind), { action: "draft.remove", subject: `${kind}/${name}` });
  await refuseOwned(tx, context, [{ kind, name }]);
  await tx.delete(draftResource).where(isResource(row));
  const removal = { revision, removedAt: context.now(), removedBy: context.actor.name };
  await tx
    .insert(draftRemoval)
    .values({ kind, name, ...removal })
    .onConflictDoUpdate({ target: [draftRemoval.kind, draftRemoval.name], set: removal });
  await appendAudit(tx, context, {
    action: "draft.remove",
    subject: `${kind}/${name}`,
    details: { revision, ...describeChange(row.json, undefined) },
  });
  await notify(tx, CHANNELS.draft, { kind, name, revision: 0 });
}
