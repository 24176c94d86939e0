import { eq } from "drizzle-orm";
import { editing } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import { ConfigError, type Context, type DraftResource, type ResourceRef } from "../contract.ts";
import { blob } from "../schema/index.ts";
import { readLive } from "../version/read-live.ts";
import { versionEntries } from "../version/version-entries.ts";
import { deleteRow } from "./delete-row.ts";
import { lockDraft } from "./lock-draft.ts";
import { lockRow } from "./lock-rows.ts";
import { showRow } from "./show-row.ts";
import { storeText } from "./store-text.ts";
/** Puts one resource back to what is live: undefined when it is not live (and is gone from the draft now). Needs what an edit of its kind needs. `not_found` when neither has it. */
export async function resetResource(context: Context, ref: ResourceRef): Promise<DraftResource | undefined> {
  const { kind, name } = ref;
  const attempt = { ...editing(kind), action: "draft.reset", subject: `${kind}/${name}` } as const;
  const row = await change(context, attempt, async (tx) => {
    await lockDraft(tx, "share");
    const live = await readLive(tx);
    const entries = live && (await versionEntries(tx, live.version.kinds, [kind]));
    const hash = entries?.[kind].get(name)?.[1];
    const stored = await lockRow(tx, ref);
    if (hash === undefined) {
      if (stored === undefined) throw new ConfigError("not_found", `there is no ${kind} '${name}'`);
      await deleteRow(tx, context, stored);
      return undefined;
    }
    const [content] = await tx.select({ yaml: blob.yaml }).from(blob).where(eq(blob.hash, hash));
    if (content === undefined) throw new Error(`the database lacks ${hash}, which a version refers to`);
    const input = stored === undefined ? { kind } : { kind, name, expectedRevision: stored.revision };
    return await storeText(tx, context, { ...input, yaml: content.yaml, trusted: true });
  });
  return row === undefined ? undefined : await showRow(context.db, context.now, row);
}
