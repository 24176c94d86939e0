import { eq } from "drizzle-orm";
import { editing } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import type { Executor, Transaction } from "../access/executor.ts";
import { shownJson } from "../analysis/analyze-text.ts";
import { ConfigError, type Context, type DraftResource, type ResourceRef } from "../contract.ts";
import { deleteRow } from "../draft/delete-row.ts";
import type { DraftRow } from "../draft/draft-rows.ts";
import { lockDraft } from "../draft/lock-draft.ts";
import { lockRow } from "../draft/lock-rows.ts";
import { showRow } from "../draft/show-row.ts";
import { storeText } from "../draft/store-text.ts";
import { blob } from "../schema/index.ts";
import { applyEdits } from "../text/apply-edits.ts";
import { type MergeStep, mergeEdits, mergeFields } from "../text/merge-fields.ts";
import { readLive } from "../version/read-live.ts";
import { requireVersion } from "../version/require-version.ts";
import { versionEntries } from "../version/version-entries.ts";

export interface RevertInput extends ResourceRef {
  /** The version that the resource, or the part of it, shall be as again; 0: as before there was any. */
  readonly to: number;
  /** The version whose change is taken back; default: what is live. What the draft changed besides stays. */
  readonly from?: number | undefined;
  /** Only the change at this path: as the difference of the two versions calls it, else as the draft has it. */
  readonly path?: string | undefined;
  /** For conflicts, by path: take the old value (`old`) or leave the draft's (`draft`). */
  readonly choices?: Readonly<Record<string, "old" | "draft">> | undefined;
}

export type Reverted =
  /** `resource` is undefined when it is gone from the draft. */
  | { readonly state: "done"; readonly changed: boolean; readonly resource: DraftResource | undefined }
  /** The draft has other values there: call again with `choices` for each path. Secrets are redacted. */
  | { readonly state: "conflict"; readonly conflicts: readonly RevertConflict[] };

export interface RevertConflict {
  readonly path: string;
  /** In `from`, in `to`, and in the draft. */
  readonly changed: unknown;
  readonly old: unknown;
  readonly draft: unknown;
}

interface Side {
  readonly yaml: string;
  readonly json: unknown;
}

/**
 * Takes back what was changed in one resource between two versions, in the draft, as an edit like any other: merged field by field
 * with what the draft has there now. Comments stay. Needs what an edit of its kind needs. `not_found`; `invalid` when the draft's text does not parse.
 */
export async function revertResource(context: Context, input: RevertInput): Promise<Reverted> {
  const attempt = {
    ...editing(input.kind),
    action: "draft.revert",
    subject: `${input.kind}/${input.name}`,
  } as const;
  const done = await change(context, attempt, async (tx) => {
    await lockDraft(tx, "share");
    const from = input.from ?? (await readLive(tx))?.version.number ?? 0;
    const [changed, old, draft] = [
      await sideOf(tx, input, from),
      await sideOf(tx, input, input.to),
      await lockRow(tx, input),
    ];
    if (changed === undefined && old === undefined)
      throw new ConfigError(
        "not_found",
        `neither version ${from} nor ${input.to} has ${input.kind} '${input.name}'`,
      );
    return await merge(tx, context, input, { changed, old, draft });
  });
  if ("conflicts" in done) return { state: "conflict", conflicts: done.conflicts };
  const resource = done.row && (await showRow(context.db, context.now, done.row));
  return { state: "done", changed: done.changed, resource };
}

type Merged =
  | { readonly conflicts: readonly RevertConflict[] }
  | { readonly changed: boolean; readonly row: DraftRow | undefined };

async function merge(
  tx: Transaction,
  context: Context,
  input: RevertInput,
  {
    changed,
    old,
    draft,
  }: {
    readonly changed: Side | undefined;
    readonly old: Side | undefined;
    readonly draft: DraftRow | undefined;
  },
): Promise<Merged> {
  if (draft !== undefined && draft.json === null)
    throw new ConfigError(
      "invalid",
      `the draft's ${input.kind} '${input.name}' does not parse; correct it first`,
    );
  const now = draft?.json ?? undefined;
  const whole = changed === undefined || old === undefined || draft === undefined;
  const all = whole ? wholeSteps(changed?.json, old?.json, now) : mergeFields(changed.json, old.json, now);
  const steps = input.path === undefined ? all : stepsAt(all, input.path);
  if (input.path !== undefined && steps.length === 0 && all.length > 0)
    throw new ConfigError("not_found", `nothing of it was changed at ${input.path}`);
  const open = steps.filter(({ conflict, path }) => conflict && input.choices?.[path] === undefined);
  if (open.length > 0) return { conflicts: open.map(shownConflict) };
  const taken = (path: string) => input.choices?.[path] === "old";
  const effective = steps.filter(({ conflict, path }) => !conflict || taken(path));
  if (effective.length === 0) return { changed: false, row: draft };
  if (whole) {
    if (old === undefined) {
      if (draft !== undefined) await deleteRow(tx, context, draft);
      return { changed: draft !== undefined, row: undefined };
    }
    const base = draft === undefined ? {} : { name: input.name, expectedRevision: draft.revision };
    return {
      changed: true,
      row: await storeText(tx, context, { kind: input.kind, ...base, yaml: old.yaml, trusted: true }),
    };
  }
  // All of it, and the draft has what is live: the old text with its comments is better than edits of the new one.
  const plain = input.path === undefined && draft.yaml === changed.yaml;
  const yaml = plain ? old.yaml : applyEdits(draft.yaml, mergeEdits(steps, taken));
  const stored = {
    kind: input.kind,
    name: input.name,
    expectedRevision: draft.revision,
    yaml,
    trusted: true,
  };
  return { changed: true, row: await storeText(tx, context, stored) };
}

/** Where one side lacks the resource there are no fields to merge: it comes, goes, or stays as a whole. */
function wholeSteps(changed: unknown, old: unknown, draft: unknown): readonly MergeStep[] {
  const [step] = mergeFields({ it: changed }, { it: old }, { it: draft });
  if (step === undefined) return [];
  const conflict = JSON.stringify(changed) !== JSON.stringify(draft);
  return [{ path: "", shown: "", base: changed, ours: old, theirs: draft, conflict, edits: [] }];
}

/** What the difference calls so goes first: the draft may have another item at that position. */
function stepsAt(steps: readonly MergeStep[], wanted: string): readonly MergeStep[] {
  const called = steps.filter(({ shown }) => isWithin(shown, wanted));
  return called.length > 0 ? called : steps.filter(({ path }) => isWithin(path, wanted));
}

/** `a.b[0].c` is within `a.b` and within itself; a step of a whole list is what a change inside of it is part of. */
function isWithin(path: string, wanted: string): boolean {
  const below = (inner: string, outer: string) =>
    inner === outer || (inner.startsWith(outer) && /^[.[]/.test(inner.slice(outer.length)));
  return below(path, wanted) || below(wanted, path);
}

function shownConflict({ path, base, ours, theirs }: MergeStep): RevertConflict {
  return { path, changed: hidden(path, base), old: hidden(path, ours), draft: hidden(path, theirs) };
}

/** Redaction goes by the names of the fields on the way, so the value is put back on its way first. */
function hidden(path: string, value: unknown): unknown {
  const names = path.split(/[.[\]]+/).filter((name) => name !== "");
  const nested = names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
  return names.reduce<unknown>(
    (outer, name) =>
      typeof outer === "object" && outer !== null ? (outer as Record<string, unknown>)[name] : undefined,
    shownJson(nested),
  );
}

async function sideOf(
  executor: Executor,
  { kind, name }: ResourceRef,
  number: number,
): Promise<Side | undefined> {
  if (number === 0) return undefined;
  const row = await requireVersion(executor, number);
  const hash = (await versionEntries(executor, row.kinds, [kind]))[kind].get(name)?.[1];
  if (hash === undefined) return undefined;
  const [content] = await executor
    .select({ yaml: blob.yaml, json: blob.json })
    .from(blob)
    .where(eq(blob.hash, hash));
  return content;
}
