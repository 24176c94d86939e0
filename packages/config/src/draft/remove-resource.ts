import { editing } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import { ConfigError, type Context, type ResourceRef } from "../contract.ts";
import { deleteRow } from "./delete-row.ts";
import { conflictOver } from "./expect-revision.ts";
import { lockDraft } from "./lock-draft.ts";
import { lockRow } from "./lock-rows.ts";
export interface RemoveResourceInput extends ResourceRef {
  /** Omit to remove whatever is there. */
  readonly expectedRevision?: number | undefined;
}

/** Takes a resource out of the draft; it stays live until the next publish. References to it become problems of those that
 * refer. Needs config.edit of the kind, for secrets secret.manage. `not_found`, `conflict`. */
export async function removeResource(context: Context, input: RemoveResourceInput): Promise<void> {
  const subject = `${input.kind}/${input.name}`;
  await change(context, { ...editing(input.kind), action: "draft.remove", subject }, async (tx) => {
    await lockDraft(tx, "share");
    const stored = await lockRow(tx, input);
    if (stored === undefined && input.expectedRevision === undefined) {
      throw new ConfigError("not_found", `the draft has no ${input.kind} '${input.name}'`);
    }
    if (stored === undefined || (input.expectedRevision ?? stored.revision) !== stored.revision) {
      throw await conflictOver(tx, input, stored);
    }
    await deleteRow(tx, context, stored);
  });
}
