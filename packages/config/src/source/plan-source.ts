import { and, eq } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Executor } from "../access/executor.ts";
import { analyzeText } from "../analysis/analyze-text.ts";
import type { Context, ResourceDiff, ResourceRef } from "../contract.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import { draftResource, sourceResource } from "../schema/index.ts";
import { sealTexts } from "../secret/seal-text.ts";
import { restoreSecrets } from "../text/redact.ts";
import { type ImportPlan, type NamedResource, planImport } from "../transfer/import/plan-import.ts";
import { readImport } from "../transfer/import/read-import.ts";
import { diffResource } from "../version/diff-resource.ts";
import { readBlobs } from "../version/read-blobs.ts";
import { NO_KINDS, readLive } from "../version/read-live.ts";
import { versionEntries } from "../version/version-entries.ts";
import type { SourceContent, SourcePlan } from "./source-contract.ts";
import { contentOf, requireSource } from "./source-rows.ts";

/** What the source, as it was fetched last, would change in the draft, and where what is live differs from it. Needs config.read. `not_found`. */
export async function planSource(context: Context, ring: KeyRing, name: string): Promise<SourcePlan> {
  await authorizeRead(context, "source.plan", `source/${name}`);
  return await context.db.transaction(
    async (tx) => {
      const content = contentOf(ring, await requireSource(tx, name));
      const { plan, gone } = await planContent(tx, context, name, content);
      const removed = gone.map(({ row, ...ref }) => diffResource(ref, row, undefined));
      return {
        commit: content.commit,
        commitSubject: content.subject,
        changes: [...plan.preview.changes, ...removed],
        routeTests: plan.preview.routeTests,
        unchanged: plan.preview.unchanged.length,
        drift: await driftOf(tx, context, plan.named, gone),
        ignored: plan.preview.ignored,
        problems: plan.preview.problems,
      };
    },
    { isolationLevel: "repeatable read" },
  );
}

export interface GoneResource extends ResourceRef {
  readonly row: { readonly yaml: string; readonly json: unknown; readonly revision: number };
}

/** The plan, and which resources came from the source but are no longer in it. */
export async function planContent(
  executor: Executor,
  context: Pick<Context, "now">,
  name: string,
  content: SourceContent,
): Promise<{ readonly plan: ImportPlan; readonly gone: readonly GoneResource[] }> {
  const read = readImport({ files: content.files, format: "directory" });
  const plan = await planImport(executor, context, read);
  const there = new Set(plan.named.map((each) => `${each.found.kind}/${each.name}`));
  const owned = await executor
    .select({
      kind: draftResource.kind,
      name: draftResource.name,
      yaml: draftResource.yaml,
      json: draftResource.json,
      revision: draftResource.revision,
    })
    .from(sourceResource)
    .innerJoin(
      draftResource,
      and(eq(draftResource.kind, sourceResource.kind), eq(draftResource.name, sourceResource.name)),
    )
    .where(eq(sourceResource.source, name));
  const gone = owned
    .filter((row) => !there.has(`${row.kind}/${row.name}`))
    .map(({ kind, name: resource, ...row }) => ({ kind, name: resource, row }));
  return { plan, gone };
}

async function driftOf(
  executor: Executor,
  context: Pick<Context, "now" | "ring">,
  named: readonly NamedResource[],
  gone: readonly GoneResource[],
): Promise<readonly ResourceDiff[]> {
  const live = await readLive(executor);
  const entries = await versionEntries(executor, live?.version.kinds ?? NO_KINDS);
  const concerned = [...named.map(({ found, name }) => ({ kind: found.kind, name })), ...gone];
  const hashes = concerned.flatMap(({ kind, name }) => entries[kind].get(name)?.[1] ?? []);
  const blobs = await readBlobs(executor, hashes);
  const liveOf = ({ kind, name }: ResourceRef) => {
    const entry = entries[kind].get(name);
    return entry && { messageHash: entry[2], side: blobs.get(entry[1]) };
  };
  const drift: ResourceDiff[] = [];
  const compared = named.map(({ found, name, taken }) => {
    const ref = { kind: found.kind, name };
    const before = liveOf(ref);
    const stored = before?.side?.yaml;
    return { ref, before, taken, stored, yaml: restoreSecrets(found.yaml, stored).yaml };
  });
  const sealed = await sealTexts(executor, context, compared, { store: false });
  for (const [index, { ref, before, taken }] of compared.entries()) {
    const yaml = sealed[index] ?? "";
    const wanted = taken.yaml === yaml ? taken : analyzeText(ref.kind, yaml);
    if (before?.messageHash !== wanted.messageHash || before === undefined)
      drift.push(diffResource(ref, before?.side, wanted));
  }
  const leftOver = gone.flatMap((ref) => {
    const before = liveOf(ref);
    return before?.side === undefined
      ? []
      : [diffResource({ kind: ref.kind, name: ref.name }, before.side, undefined)];
  });
  return [...drift, ...leftOver];
}
