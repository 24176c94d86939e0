import { eq, sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import type { Executor, Transaction } from "../access/executor.ts";
import { analyzeText } from "../analysis/analyze-text.ts";
import { analyzedColumns, isResource } from "../draft/draft-rows.ts";
import { seal } from "../envelope/envelope.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { blob, draftResource, sealedSetting } from "../schema/index.ts";
import { redactYaml } from "../text/redact.ts";
import { type NewBlob, rewriteVersions } from "../version/rewrite-versions.ts";
import { settingPurpose } from "./hash-key.ts";
import { sealText } from "./seal-text.ts";

const DONE = "texts-sealed";
const MAY_HOLD =
  "(inline_?(string|bytes)|backend_?token|secret_?access_?key|session_?token|PRIVATE KEY-----)";

/**
 * Seals the secrets in what releases before this one stored in plain: drafts, and the texts of versions, which get the names that
 * their new contents have. Once per database, before anything is served; of several processes that start at once one does it.
 * What held the values is written anew, so that they are not in the tables' files either; what a backup or Postgres' log of
 * changes kept is not in anybody's hands here.
 *
 * @returns how many texts were changed
 */
export async function sealStoredTexts(context: NodeContext, keys: KeyRing): Promise<number> {
  const db = databaseOver(context.sql);
  if (await isDone(db)) return 0;
  const changed = await db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('config.seal_stored_texts'))`);
    if (await isDone(tx)) return 0;
    const sealing = { ring: keys, now: context.now };
    const count = (await sealDraft(tx, sealing)) + (await sealBlobs(tx, sealing));
    await tx
      .insert(sealedSetting)
      .values({ name: DONE, sealed: seal(keys, settingPurpose(DONE), Buffer.from("done")) });
    return count;
  });
  if (changed > 0) {
    // Deleted rows stay in the files until they are written anew.
    for (const table of ["blob", "draft_resource", "bucket", "tree", "version"])
      await db.execute(sql.raw(`vacuum (full) config.${table}`));
  }
  return changed;
}

async function isDone(executor: Executor): Promise<boolean> {
  const [row] = await executor.select().from(sealedSetting).where(eq(sealedSetting.name, DONE));
  return row !== undefined;
}

interface Sealing {
  readonly ring: KeyRing;
  readonly now: () => Date;
}

async function sealDraft(tx: Transaction, sealing: Sealing): Promise<number> {
  const { kind, name, yaml } = draftResource;
  const rows = await tx.select({ kind, name, yaml }).from(draftResource).where(sql`${yaml} ~* ${MAY_HOLD}`);
  let changed = 0;
  for (const row of rows) {
    const sealed = await sealedOrHidden(tx, sealing, row.yaml);
    if (sealed === row.yaml) continue;
    await tx
      .update(draftResource)
      .set({ yaml: sealed, ...analyzedColumns(analyzeText(row.kind, sealed)) })
      .where(isResource(row));
    changed++;
  }
  return changed;
}

/** A draft that cannot be read at all loses its secrets: nobody can tell them from the rest. */
async function sealedOrHidden(tx: Transaction, sealing: Sealing, yaml: string): Promise<string> {
  try {
    return await sealText(tx, sealing, { yaml, trusted: true });
  } catch {
    return redactYaml(yaml).replace(/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[^"']*/g, "[redacted]");
  }
}

async function sealBlobs(tx: Transaction, sealing: Sealing): Promise<number> {
  const { kind, name, yaml, hash } = blob;
  const rows = await tx.select({ kind, name, yaml, hash }).from(blob).where(sql`${yaml} ~* ${MAY_HOLD}`);
  const renamed = new Map<string, NewBlob>();
  for (const row of rows) {
    const sealed = await sealText(tx, sealing, { yaml: row.yaml, trusted: true });
    if (sealed === row.yaml) continue;
    const { hash, json, message, messageHash } = analyzeText(row.kind, sealed);
    if (message === undefined || messageHash === undefined)
      throw new Error(`the published ${row.kind} '${row.name}' cannot be sealed: it does not parse any more`);
    renamed.set(row.hash, { kind: row.kind, name: row.name, yaml: sealed, hash, json, message, messageHash });
  }
  await rewriteVersions(tx, renamed);
  return renamed.size;
}
