import { inArray, sql } from "drizzle-orm";
import { editing, requireNeed } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context, type ResourceKind, type ResourceRef } from "../contract.ts";
import { readDraftTests, readTestSet, testSetHash } from "../route-test/read-tests.ts";
import type { RouteTest } from "../route-test/route-test.ts";
import { draftResource, draftRouteTest } from "../schema/index.ts";
import { refuseOwned } from "../source/refuse-owned.ts";
import { fingerprint } from "../text/align-lists.ts";
import { NO_KINDS, readLive, readVersion } from "../version/read-live.ts";
import { type KindEntries, versionEntries } from "../version/version-entries.ts";
import { refreshAnalyses } from "./draft-rows.ts";
import { lockDraft } from "./lock-draft.ts";
export interface ResetDraftInput {
  /** Default: what is live. Any version may be loaded into the draft. */
  readonly toVersion?: number | undefined;
}

/** Makes the whole draft, with its route tests, equal to a version. Needs what an edit of each kind that it changes needs. `changed`: how many resources were added, changed or removed by it. */
export async function resetDraft(
  context: Context,
  input: ResetDraftInput = {},
): Promise<{ readonly changed: number }> {
  const attempt = {
    permission: "config.edit",
    scope: "checked inside",
    action: "draft.reset",
    subject: "draft",
  } as const;
  return await change(context, attempt, async (tx) => {
    await lockDraft(tx, "update");
    const number = input.toVersion;
    const row = number === undefined ? (await readLive(tx))?.version : await readVersion(tx, number);
    if (number !== undefined && row === undefined)
      throw new ConfigError("not_found", `there is no version ${number}`);
    const entries = await versionEntries(tx, row?.kinds ?? NO_KINDS);
    await refuseOwned(tx, context, await changedBy(tx, entries));
    const wanted = Object.entries(entries).flatMap(([kind, names]) =>
      [...names.values()].map(([name, hash]) => ({ kind, name, hash })),
    );
    // The rows' analyses follow from the texts; revision 0 of the rules has them made at once, below.
    const result = await tx.execute<{ kind: ResourceKind; changed: number }>(sql`
      with wanted as (
        select * from json_to_recordset(${JSON.stringify(wanted)}::text::json) as w(kind text, name text, hash text)
      ), gone as (
        delete from config.draft_resource d
        where not exists (select 1 from wanted w where w.kind = d.kind and w.name = d.name)
        returning d.kind, d.name, d.revision
      ), remembered as (
        insert into config.draft_removal (kind, name, revision, removed_at, removed_by)
        select kind, name, revision, ${context.now().toISOString()}::timestamptz, ${context.actor.name} from gone
        on conflict (kind, name) do update
          set revision = excluded.revision, removed_at = excluded.removed_at, removed_by = excluded.removed_by
      ), put as (
        insert into config.draft_resource as d
          (kind, name, yaml, hash, revision, updated_at, updated_by, json, message, message_hash, analysis, rules)
        select w.kind, w.name, b.yaml, b.hash, coalesce(r.revision, 0) + 1,
          ${context.now().toISOString()}::timestamptz, ${context.actor.name}, b.json, b.message, b.message_hash, '{}', 0
        from wanted w
        join config.blob b on b.hash = w.hash
        left join config.draft_removal r on r.kind = w.kind and r.name = w.name
        on conflict (kind, name) do update
          set yaml = excluded.yaml, hash = excluded.hash, revision = d.revision + 1, updated_at = excluded.updated_at,
            updated_by = excluded.updated_by, json = excluded.json, message = excluded.message,
            message_hash = excluded.message_hash, analysis = excluded.analysis, rules = excluded.rules
          where d.hash <> excluded.hash
        returning d.kind
      )
      select kind, count(*)::int as changed
      from (select kind from gone union all select kind from put) as all_changed group by kind`);
    for (const { kind } of result) requireNeed(context.actor, editing(kind), attempt);
    const changed = result.reduce((sum, row) => sum + row.changed, 0);
    await refreshAnalyses(tx);
    await resetTests(tx, context, await readTestSet(tx, row?.routeTests ?? ""));
    await appendAudit(tx, context, {
      action: "draft.reset",
      subject: "draft",
      details: { toVersion: row?.number ?? null, changed },
    });
    await notify(tx, CHANNELS.draft, { all: true });
    return { changed };
  });
}

/** What the draft has otherwise than it would be. */
async function changedBy(
  tx: Transaction,
  entries: Readonly<Record<ResourceKind, KindEntries>>,
): Promise<readonly ResourceRef[]> {
  const { kind, name, hash } = draftResource;
  const rows = await tx.select({ kind, name, hash }).from(draftResource);
  return rows.filter((row) => entries[row.kind].get(row.name)?.[1] !== row.hash);
}

/** Tests that are the same keep their author. */
async function resetTests(tx: Transaction, context: Context, tests: readonly RouteTest[]): Promise<void> {
  const now = await readDraftTests(tx);
  if (testSetHash(now) === testSetHash(tests)) return;
  requireNeed(context.actor, editing("routes"), { action: "draft.reset", subject: "draft" });
  const stays = new Set(tests.map((test) => fingerprint(test)));
  const kept = now.filter(({ updatedAt: _at, updatedBy: _by, ...test }) => stays.has(fingerprint(test)));
  const keptNames = new Set(kept.map(({ name }) => name));
  const gone = now.filter(({ name }) => !keptNames.has(name)).map(({ name }) => name);
  if (gone.length > 0) await tx.delete(draftRouteTest).where(inArray(draftRouteTest.name, gone));
  const fresh = tests.filter(({ name }) => !keptNames.has(name));
  const by = { updatedAt: context.now(), updatedBy: context.actor.name };
  if (fresh.length > 0)
    await tx.insert(draftRouteTest).values(fresh.map((test) => ({ name: test.name, test, ...by })));
}
