import { setImmediate } from "node:timers/promises";
import { editing, requireNeed } from "../access/authorize.ts";
import type { Transaction } from "../access/executor.ts";
import { type AnalyzedText, analyzeText } from "../analysis/analyze-text.ts";
import { appendAudits } from "../audit/append-audit.ts";
import { describeChange } from "../audit/describe-change.ts";
import type { AuditInput } from "../audit/record-audit.ts";
import { ConfigError, type Context, type ResourceKind, type ResourceRef } from "../contract.ts";
import { secretsInJson } from "../secret/open-secrets.ts";
import { refuseMovedTokens, sealTexts } from "../secret/seal-text.ts";
import { refuseOwned } from "../source/refuse-owned.ts";
import { restoreSecrets, secretsIn } from "../text/redact.ts";
import { analyzedColumns, type DraftRow } from "./draft-rows.ts";
import { expectRevision, readRemovals } from "./expect-revision.ts";
import { freeNames } from "./free-name.ts";
import { lockDraft } from "./lock-draft.ts";
import { keyOf, lockRows } from "./lock-rows.ts";
import { notifyDraft } from "./notify-draft.ts";
import type { PutResourceInput } from "./put-resource.ts";
import { type RowChange, writeRows } from "./write-rows.ts";

/** Envoy's own texts are far smaller; a larger one is a mistake and would slow everybody's lists. */
const TEXT_LENGTH_MAX = 4 * 1024 * 1024;
/** What one statement carries: enough that the statements do not count, and little enough for everybody's memory. */
const BATCH_TEXTS = 1_000;
const BATCH_LENGTH = 8 * 1024 * 1024;

export interface StoredText extends PutResourceInput {
  /** The text is that of a version: its tokens are good as they are. */
  readonly trusted?: boolean;
  /** What was found in the text before; where it is stored just so, nobody analyzes it again. */
  readonly analyzed?: AnalyzedText | undefined;
}

/**
 * Stores texts in the draft within the caller's transaction, by the rules of `putResource`: each as if it were stored alone, in a
 * number of statements that grows with thousands. No two of them may be of one resource, or take each other's names.
 * Returns the rows as stored, in the order of the texts.
 */
export async function storeTexts(
  tx: Transaction,
  context: Context,
  texts: readonly StoredText[],
): Promise<readonly DraftRow[]> {
  for (const { kind, name = "", yaml } of texts) {
    requireNeed(context.actor, editing(kind), { action: "draft.put", subject: `${kind}/${name}` });
    refuseUnstorable(yaml);
  }
  await lockDraft(tx, "share");
  const stored: DraftRow[] = [];
  const changed: RowChange[] = [];
  for (const batch of batchesOf(texts)) {
    const { rows, changes } = await storeBatch(tx, context, batch);
    stored.push(...rows);
    changed.push(...changes);
    await setImmediate();
  }
  await notifyDraft(tx, changed);
  return stored;
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

function* batchesOf(texts: readonly StoredText[]): Generator<readonly StoredText[]> {
  let batch: StoredText[] = [];
  let length = 0;
  for (const text of texts) {
    if (batch.length === BATCH_TEXTS || (batch.length > 0 && length + text.yaml.length > BATCH_LENGTH)) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(text);
    length += text.yaml.length;
  }
  if (batch.length > 0) yield batch;
}

/** A text on its way into the draft. */
interface Incoming {
  readonly text: StoredText;
  readonly stored: DraftRow | undefined;
  /** As it is stored: with its secrets as tokens. */
  readonly yaml: string;
}

async function storeBatch(
  tx: Transaction,
  context: Context,
  texts: readonly StoredText[],
): Promise<{ readonly rows: readonly DraftRow[]; readonly changes: readonly RowChange[] }> {
  const incoming = await sealAll(tx, context, texts);
  const changing = incoming.filter(({ stored, yaml }) => stored?.yaml !== yaml);
  const changes = await changesOf(tx, context, changing);
  await writeRows(tx, changes);
  await appendAudits(tx, context, changes.map(eventOf));
  const written = new Map(changing.map((each, index) => [each, changes[index]?.row]));
  const rows = incoming.flatMap((each) => written.get(each) ?? each.stored ?? []);
  return { rows, changes };
}

/** Refuses those that somebody changed meanwhile. */
async function sealAll(
  tx: Transaction,
  context: Context,
  texts: readonly StoredText[],
): Promise<readonly Incoming[]> {
  const named = texts.flatMap(({ kind, name }) => (name === undefined ? [] : [{ kind, name }]));
  const rows = await lockRows(tx, named);
  const found: Incoming[] = [];
  for (const text of texts) {
    const { kind, name, expectedRevision = 0 } = text;
    const stored = name === undefined ? undefined : rows.get(keyOf({ kind, name }));
    if (name !== undefined) await expectRevision(tx, { kind, name }, expectedRevision, stored);
    found.push({ text, stored, yaml: restoreSecrets(text.yaml, stored?.yaml).yaml });
  }
  const sealed = await sealTexts(
    tx,
    context,
    found.map(({ text: { trusted }, stored, yaml }) => ({ yaml, stored: stored?.yaml, trusted })),
  );
  return found.map((each, index) => ({ ...each, yaml: sealed[index] ?? each.yaml }));
}

async function changesOf(
  tx: Transaction,
  context: Context,
  incoming: readonly Incoming[],
): Promise<readonly RowChange[]> {
  if (incoming.length === 0) return [];
  const analyzed = incoming.map((each) => ({ ...each, found: analysisOf(each) }));
  await refuseMovedTokens(
    tx,
    analyzed.flatMap(({ found: { yaml, json } }) => [...secretsIn(yaml), ...secretsInJson(json)]),
  );
  const named = await nameAll(tx, analyzed);
  const before = named.flatMap(({ stored }) => stored ?? []);
  await refuseOwned(tx, context, [...named.map(({ ref }) => ref), ...before]);
  const moved = named.filter(({ ref, stored }) => stored?.name !== ref.name);
  const removals = await readRemovals(
    tx,
    moved.map(({ ref }) => ref),
  );
  const by = { updatedAt: context.now(), updatedBy: context.actor.name };
  return named.map(({ ref, stored, found }) => {
    const last = Math.max(stored?.revision ?? 0, removals.get(keyOf(ref))?.revision ?? 0);
    const row = { ...ref, yaml: found.yaml, ...analyzedColumns(found), revision: last + 1, ...by };
    return { row, stored };
  });
}

function analysisOf({ text: { kind, analyzed }, yaml }: Incoming): AnalyzedText {
  return analyzed?.kind === kind && analyzed.yaml === yaml ? analyzed : analyzeText(kind, yaml);
}

/** By the name in the text, or the one that it had, or `unnamed`, `unnamed-2` … */
async function nameAll<T extends Incoming & { readonly found: AnalyzedText }>(
  tx: Transaction,
  incoming: readonly T[],
): Promise<readonly (T & { readonly ref: ResourceRef })[]> {
  const nameOf = ({ text, found }: T) => found.name ?? text.name;
  const unnamed = new Map<ResourceKind, () => string>();
  for (const [kind, texts] of Map.groupBy(incoming, ({ text }) => text.kind)) {
    const taken = new Set(texts.flatMap((each) => nameOf(each) ?? []));
    if (texts.some((each) => nameOf(each) === undefined))
      unnamed.set(kind, await freeNames(tx, kind, "unnamed", taken));
  }
  return incoming.map((each) => {
    const { kind } = each.text;
    return { ...each, ref: { kind, name: nameOf(each) ?? unnamed.get(kind)?.() ?? "unnamed" } };
  });
}

function eventOf({ row, stored }: RowChange): AuditInput {
  const renamed = stored !== undefined && stored.name !== row.name;
  return {
    action: stored === undefined ? "draft.create" : "draft.put",
    subject: keyOf(row),
    details: {
      revision: row.revision,
      ...(renamed ? { renamedFrom: stored.name } : {}),
      ...describeChange(stored?.json, row.json),
    },
  };
}
