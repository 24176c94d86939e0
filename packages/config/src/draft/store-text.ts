import { and, eq } from "drizzle-orm";
import { editing, requireNeed } from "../access/authorize.ts";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { analyzeText } from "../analysis/analyze-text.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { describeChange } from "../audit/describe-change.ts";
import { CHANNELS, ConfigError, type Context, type ResourceRef } from "../contract.ts";
import { draftRemoval, draftResource } from "../schema/index.ts";
import { secretsInJson } from "../secret/open-secrets.ts";
import { refuseMovedTokens, sealText } from "../secret/seal-text.ts";
import { refuseOwned } from "../source/refuse-owned.ts";
import { redactYaml, restoreSecrets, secretsIn } from "../text/redact.ts";
import { analyzedColumns, type DraftRow, isResource } from "./draft-rows.ts";
import { freeName } from "./free-name.ts";
import { lockDraft } from "./lock-draft.ts";
import type { PutResourceInput } from "./put-resource.ts";

/** Envoy's own texts are far smaller; a larger one is a mistake and would slow everybody's lists. */
const TEXT_LENGTH_MAX = 4 * 1024 * 1024;

/** What `putResource` does, within the caller's transaction. Returns the row as stored. */
export async function storeText(
  tx: Transaction,
  context: Context,
  input: PutResourceInput & {
    /** The text is that of a version: its tokens are good as they are. */
    readonly trusted?: boolean;
  },
): Promise<DraftRow> {
  requireNeed(context.actor, editing(input.kind), {
    action: "draft.put",
    subject: `${input.kind}/${input.name ?? ""}`,
  });
  refuseUnstorable(input.yaml);
  await lockDraft(tx, "share");
  const stored =
    input.name === undefined ? undefined : await lockRow(tx, { kind: input.kind, name: input.name });
  if (input.name !== undefined) await expectRevision(tx, input, stored);
  const restored = restoreSecrets(input.yaml, stored?.yaml).yaml;
  const { trusted } = input;
  const yaml = await sealText(tx, context, { yaml: restored, stored: stored?.yaml, trusted });
  if (stored !== undefined && stored.yaml === yaml) return stored;

  const analyzed = analyzeText(input.kind, yaml);
  await refuseMovedTokens(tx, [...secretsIn(yaml), ...secretsInJson(analyzed.json)]);
  const name = analyzed.name ?? input.name ?? (await freeName(tx, input.kind, "unnamed"));
  const names = new Set([name, stored?.name ?? name]);
  await refuseOwned(
    tx,
    context,
    [...names].map((each) => ({ kind: input.kind, name: each })),
  );
  const row: DraftRow = {
    kind: input.kind,
    name,
    yaml,
    ...analyzedColumns(analyzed),
    revision: await nextRevision(tx, { kind: input.kind, name }, stored),
    updatedAt: context.now(),
    updatedBy: context.actor.name,
  };
  await writeRow(tx, row, stored);
  const renamedFrom = stored !== undefined && stored.name !== name ? stored.name : undefined;
  await appendAudit(tx, context, {
    action: stored === undefined ? "draft.create" : "draft.put",
    subject: `${row.kind}/${name}`,
    details: {
      revision: row.revision,
      ...(renamedFrom === undefined ? {} : { renamedFrom }),
      ...describeChange(stored?.json, row.json),
    },
  });
  await notify(tx, CHANNELS.draft, { kind: row.kind, name, revision: row.revision });
  if (renamedFrom !== undefined)
    await notify(tx, CHANNELS.draft, { kind: row.kind, name: renamedFrom, revision: 0 });
  return row;
}

function refuseUnstorable(yaml: string): void {
  if (yaml.length > TEXT_LENGTH_MAX) {
    throw new ConfigError(
      "invalid",
      `a resource's text may have ${TEXT_LENGTH_MAX} characters; this has ${yaml.length}`,
    );
  }
  if (yaml.includes("\0")) throw new ConfigError("invalid", "the text holds a NUL character; remove it");
}

/** Waits for whoever changes the row now, and keeps others from it until the transaction ends. */
export async function lockRow(tx: Transaction, ref: ResourceRef): Promise<DraftRow | undefined> {
  const [row] = await tx.select().from(draftResource).where(isResource(ref)).for("update");
  return row;
}

/** Throws `conflict` when the resource is not as it was at `expectedRevision`. */
async function expectRevision(
  tx: Transaction,
  input: PutResourceInput,
  stored: DraftRow | undefined,
): Promise<void> {
  const expected = input.expectedRevision ?? 0;
  if (stored === undefined && expected === 0) return;
  if (stored?.revision === expected) return;
  if (stored !== undefined && expected === 0) {
    throw new ConfigError("already_exists", `the draft has ${input.kind} '${stored.name}' already`);
  }
  const ref = { kind: input.kind, name: input.name ?? "" };
  throw await conflictOver(tx, ref, stored);
}

/** The error that tells who changed or removed it, when, and what is there now. */
export async function conflictOver(
  tx: Transaction,
  ref: ResourceRef,
  stored: DraftRow | undefined,
): Promise<ConfigError> {
  if (stored !== undefined) {
    return new ConfigError("conflict", `${stored.updatedBy} changed ${ref.kind} '${ref.name}' meanwhile`, {
      by: stored.updatedBy,
      at: stored.updatedAt.toISOString(),
      current: { yaml: redactYaml(stored.yaml), revision: stored.revision },
    });
  }
  const removal = await readRemoval(tx, ref);
  if (removal === undefined)
    return new ConfigError("not_found", `the draft has no ${ref.kind} '${ref.name}'`);
  return new ConfigError("conflict", `${removal.removedBy} removed ${ref.kind} '${ref.name}' meanwhile`, {
    by: removal.removedBy,
    at: removal.removedAt.toISOString(),
    current: undefined,
  });
}

async function readRemoval(tx: Transaction, ref: ResourceRef) {
  const [row] = await tx
    .select()
    .from(draftRemoval)
    .where(and(eq(draftRemoval.kind, ref.kind), eq(draftRemoval.name, ref.name)));
  return row;
}

async function nextRevision(
  tx: Transaction,
  ref: ResourceRef,
  stored: DraftRow | undefined,
): Promise<number> {
  if (stored !== undefined && stored.name === ref.name) return stored.revision + 1;
  const removal = await readRemoval(tx, ref);
  return Math.max(removal?.revision ?? 0, stored?.revision ?? 0) + 1;
}

async function writeRow(tx: Transaction, row: DraftRow, stored: DraftRow | undefined): Promise<void> {
  if (stored?.name !== row.name) {
    const [taken] = await tx.select({ name: draftResource.name }).from(draftResource).where(isResource(row));
    if (taken !== undefined) throw alreadyThere(row);
  }
  if (stored !== undefined) {
    const { kind: _, ...columns } = row;
    await tx.update(draftResource).set(columns).where(isResource(stored));
    return;
  }
  const written = await tx
    .insert(draftResource)
    .values(row)
    .onConflictDoNothing()
    .returning({ name: draftResource.name });
  if (written.length === 0) throw alreadyThere(row);
}

function alreadyThere(row: DraftRow): ConfigError {
  return new ConfigError("already_exists", `the draft has ${row.kind} '${row.name}' already`);
}
