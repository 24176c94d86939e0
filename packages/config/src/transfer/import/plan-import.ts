import { inArray } from "drizzle-orm";
import type { Executor } from "../../access/executor.ts";
import { type AnalyzedText, analyzeText, nameField } from "../../analysis/analyze-text.ts";
import { sha256 } from "../../analysis/content-hash.ts";
import { crossCheck } from "../../analysis/cross-check.ts";
import type { Context, ResourceProblem, ResourceRef } from "../../contract.ts";
import { refreshAnalyses } from "../../draft/draft-rows.ts";
import { readSurroundings, withResource } from "../../draft/surroundings.ts";
import { readDraftTests } from "../../route-test/read-tests.ts";
import type { RouteTest } from "../../route-test/route-test.ts";
import { draftResource } from "../../schema/index.ts";
import { sealText } from "../../secret/seal-text.ts";
import { fingerprint } from "../../text/align-lists.ts";
import { restoreSecrets } from "../../text/redact.ts";
import { diffResource } from "../../version/diff-resource.ts";
import type {
  FoundContent,
  FoundResource,
  ImportFormat,
  ImportNote,
  ImportPreview,
} from "./import-contract.ts";

export interface PlannedChange {
  readonly ref: ResourceRef;
  readonly yaml: string;
  /** Undefined: it is added. */
  readonly revision: number | undefined;
}

/** A preview with what is needed to carry it out. */
export interface ImportPlan {
  readonly preview: ImportPreview;
  /** Everything that was given, changed or not. */
  readonly named: readonly NamedResource[];
  readonly toStore: readonly PlannedChange[];
  readonly testsToStore: readonly RouteTest[];
}

export interface NamedResource {
  readonly found: FoundResource;
  /** Secrets that the draft has are in it. */
  readonly taken: AnalyzedText;
  readonly name: string;
}

/** What taking the content into the draft would do to it. */
export async function planImport(
  executor: Executor,
  context: Pick<Context, "now" | "ring">,
  content: FoundContent & { readonly format: ImportFormat },
): Promise<ImportPlan> {
  await refreshAnalyses(executor);
  const notes: ImportNote[] = [...content.notes];
  const candidates = nameAll(content.resources, notes);
  const stored = await readStored(executor, candidates);
  const named: NamedResource[] = [];
  const changes: ImportPreview["changes"][number][] = [];
  const unchanged: ResourceRef[] = [];
  const toStore: PlannedChange[] = [];
  for (const { found, name } of candidates) {
    const ref = { kind: found.kind, name };
    const row = stored.get(`${found.kind}/${name}`);
    const restored = restoreSecrets(found.yaml, row?.yaml).yaml;
    const sealed = await sealText(executor, context, { yaml: restored, stored: row?.yaml, store: false });
    const taken = analyzeText(found.kind, sealed);
    named.push({ found, taken, name });
    const same =
      row !== undefined &&
      (row.yaml === taken.yaml ||
        (found.exact !== true && taken.messageHash !== undefined && row.messageHash === taken.messageHash));
    if (same) unchanged.push(ref);
    else {
      changes.push(diffResource(ref, row, taken));
      toStore.push({ ref, yaml: restored, revision: row?.revision });
    }
  }
  const testsToStore = await changedTests(executor, content.routeTests ?? []);
  const hash = sha256(
    JSON.stringify([
      content.format,
      toStore.map(({ ref, yaml, revision }) => [ref.kind, ref.name, sha256(yaml), revision ?? 0]),
      testsToStore.map((test) => fingerprint(test)),
    ]),
  );
  const preview = {
    format: content.format,
    hash,
    changes,
    unchanged,
    routeTests: testsToStore.map(({ name }) => name),
    ignored: notes,
    problems: await problemsOf(executor, context.now, named),
  };
  return { preview, named, toStore, testsToStore };
}

/** Each resource with its name; of two with one name the first counts, and that is told. */
function nameAll(resources: readonly FoundResource[], notes: ImportNote[]) {
  const seen = new Set<string>();
  return resources.flatMap((found) => {
    const name = analyzeText(found.kind, found.yaml, { placeholders: "allowed" }).name;
    const { path, position } = found;
    if (name === undefined) {
      notes.push({ kind: "not_understood", path, reason: `it has no ${nameField(found.kind)}`, position });
      return [];
    }
    if (seen.has(`${found.kind}/${name}`)) {
      const reason = `there is another of the ${found.kind} called '${name}' before it, which counts`;
      notes.push({ kind: "not_understood", path, reason, position });
      return [];
    }
    seen.add(`${found.kind}/${name}`);
    return [{ found, name }];
  });
}

async function readStored(executor: Executor, candidates: readonly { readonly name: string }[]) {
  if (candidates.length === 0) return new Map<string, never>();
  const names = [...new Set(candidates.map(({ name }) => name))];
  const { kind, name, yaml, json, messageHash, revision } = draftResource;
  const rows = await executor
    .select({ kind, name, yaml, json, messageHash, revision })
    .from(draftResource)
    .where(inArray(name, names));
  return new Map(rows.map((row) => [`${row.kind}/${row.name}`, row]));
}

async function changedTests(executor: Executor, tests: readonly RouteTest[]): Promise<readonly RouteTest[]> {
  if (tests.length === 0) return [];
  const known = await readDraftTests(executor);
  const prints = new Set(known.map(({ updatedAt: _at, updatedBy: _by, ...test }) => fingerprint(test)));
  return tests.filter((test) => !prints.has(fingerprint(test)));
}

async function problemsOf(
  executor: Executor,
  now: Context["now"],
  named: readonly NamedResource[],
): Promise<readonly ResourceProblem[]> {
  const around = await readSurroundings(executor, now);
  const all = named.reduce((before, { taken, name }) => withResource(before, taken.kind, name), around);
  return named.flatMap(({ taken: { kind, analysis }, name }) =>
    [...analysis.problems, ...crossCheck({ kind, name }, analysis, all)].map((problem) => ({
      resource: { kind, name },
      problem,
    })),
  );
}
