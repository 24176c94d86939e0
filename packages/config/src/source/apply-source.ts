import { eq, inArray, sql } from "drizzle-orm";
import { change } from "../access/change.ts";
import { asDatabase, type Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context, type ResourceRef } from "../contract.ts";
import { deleteRow } from "../draft/delete-row.ts";
import { lockDraft } from "../draft/lock-draft.ts";
import { readDraft } from "../draft/read-draft.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import { source, sourceResource } from "../schema/index.ts";
import { storePlan } from "../transfer/import/apply-import.ts";
import { type Published, publish } from "../version/publish.ts";
import { planContent } from "./plan-source.ts";
import type { SourceContent } from "./source-contract.ts";
import { contentOf, requireSource, type SourceRow } from "./source-rows.ts";

export interface ApplySourceInput {
  readonly name: string;
  /** Of the plan that was looked at; default: whatever was fetched last. */
  readonly commit?: string | undefined;
  /** Default true: publish it to the source's group too; false: only into the draft. */
  readonly publish?: boolean | undefined;
}

export interface AppliedSource {
  readonly commit: string;
  readonly changed: number;
  /** Undefined when it was not published, or there was nothing to publish. */
  readonly version: number | undefined;
  /** The group is protected: the request that has to be approved before nodes get the version. */
  readonly request: number | undefined;
}

/**
 * Takes what was fetched into the draft, with what is gone from the source removed, and publishes it with a message that names the
 * commit: in one transaction, so that a refusal leaves the draft as it was. Needs what editing its kinds and
 * publishing to its group need. `not_found`; `conflict` when another commit was
 * fetched since, the draft has changes of others, or another source has a resource; otherwise as `publish`.
 */
export async function applySource(
  context: Context,
  ring: KeyRing,
  input: ApplySourceInput,
): Promise<AppliedSource> {
  const subject = `source/${input.name}`;
  const own: Context = { ...context, source: input.name };
  return await change(
    own,
    { permission: "config.edit", scope: "checked inside", action: "source.sync", subject },
    async (tx) => {
      await lockDraft(tx, "update");
      const row = await requireSource(tx, input.name);
      const content = contentOf(ring, row);
      if (input.commit !== undefined && input.commit !== content.commit)
        throw conflict(`${short(content.commit)} was fetched since; look at its plan`);
      const { plan, gone } = await planContent(tx, own, input.name, content);
      if (plan.named.length === 0 && gone.length > 0)
        throw conflict(
          `there is no resource in the source any more: remove '${input.name}' if that is meant`,
        );
      const refs = plan.named.map(({ found, name }) => ({ kind: found.kind, name }));
      await takeOwnership(tx, input.name, refs);
      await storePlan(tx, own, plan);
      for (const { kind, name, row: resource } of gone)
        await deleteRow(tx, own, { kind, name, revision: resource.revision, json: resource.json });
      const published =
        input.publish === false ? undefined : await publishCommit(tx, own, row, content, gone);
      const version = published?.version.number;
      const request = published?.request?.id;
      const applied = {
        appliedCommit: content.commit,
        appliedAt: context.now(),
        appliedVersion: version ?? row.appliedVersion,
      };
      await tx
        .update(source)
        .set({ ...applied, phase: "in_sync", message: "" })
        .where(eq(source.name, input.name));
      const changed = plan.toStore.length + gone.length;
      const details = { commit: content.commit, changed, version: version ?? null, request: request ?? null };
      await appendAudit(tx, own, { action: "source.sync", subject, details });
      await notify(tx, CHANNELS.draft, { source: input.name });
      return { commit: content.commit, changed, version, request };
    },
  );
}

async function takeOwnership(tx: Transaction, name: string, refs: readonly ResourceRef[]): Promise<void> {
  const names = refs.map((ref) => ref.name);
  const others =
    names.length === 0
      ? []
      : await tx.select().from(sourceResource).where(inArray(sourceResource.name, names));
  const taken = others.find(
    (row) => row.source !== name && refs.some((ref) => ref.kind === row.kind && ref.name === row.name),
  );
  if (taken !== undefined)
    throw conflict(
      `${taken.kind} '${taken.name}' comes from the source '${taken.source}' already: one of the two must let go of it`,
    );
  await tx.execute(sql`
    delete from config.source_resource r where r.source = ${name} and not exists (
      select 1 from json_to_recordset(${JSON.stringify(refs)}::text::json) as w(kind text, name text)
      where w.kind = r.kind and w.name = r.name)`);
  for (let start = 0; start < refs.length; start += 1_000)
    await tx
      .insert(sourceResource)
      .values(refs.slice(start, start + 1_000).map((ref) => ({ ...ref, source: name })))
      .onConflictDoNothing();
}

/** Undefined when nothing differs from what the group has. */
async function publishCommit(
  tx: Transaction,
  context: Context,
  { name, group }: SourceRow,
  content: SourceContent,
  gone: readonly ResourceRef[],
): Promise<Published | undefined> {
  await refuseOthersChanges(tx, context, name, gone);
  const subject = content.subject === "" ? "" : ` ${content.subject}`;
  const message = `Source ${name} at ${short(content.commit)}:${subject}`.slice(0, 500);
  try {
    return await publish({ ...context, db: asDatabase(tx) }, { message, group });
  } catch (error) {
    if (error instanceof ConfigError && error.code === "nothing_to_publish") return undefined;
    throw error;
  }
}

/** Nobody's half-done work goes live because a commit came. */
async function refuseOthersChanges(
  tx: Transaction,
  context: Context,
  name: string,
  gone: readonly ResourceRef[],
): Promise<void> {
  const draft = await readDraft(tx, context.now);
  const rows = await tx.select().from(sourceResource).where(eq(sourceResource.source, name));
  const own = new Set(rows.map((row) => `${row.kind}/${row.name}`));
  const there = new Set(draft.rows.map((row) => `${row.kind}/${row.name}`));
  const edited = draft.rows
    .filter((row) => draft.liveEntries[row.kind].get(row.name)?.[1] !== row.hash)
    .map((row) => `${row.kind}/${row.name}`)
    .filter((each) => !own.has(each));
  const known = new Set(gone.map((ref) => `${ref.kind}/${ref.name}`));
  const removed = Object.entries(draft.liveEntries)
    .flatMap(([kind, entries]) => [...entries.keys()].map((each) => `${kind}/${each}`))
    .filter((each) => !there.has(each) && !known.has(each));
  const others = [...edited, ...removed];
  if (others.length === 0) return;
  const named = others.slice(0, 5).join(", ");
  throw conflict(
    `the draft has other changes (${named}${others.length > 5 ? ", …" : ""}): publish or undo them first`,
  );
}

function conflict(message: string): ConfigError {
  return new ConfigError("conflict", message, { by: undefined, at: undefined });
}

/** As much of a commit as people write. */
function short(commit: string): string {
  return commit.slice(0, 10);
}
