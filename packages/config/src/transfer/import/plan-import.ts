import { setImmediate } from "node:timers/promises";
import { sql } from "drizzle-orm";
import type { Executor } from "../../access/executor.ts";
import { type AnalyzedText, analyzeText, nameField } from "../../analysis/analyze-text.ts";
import { sha256 } from "../../analysis/content-hash.ts";
import { crossCheck } from "../../analysis/cross-check.ts";
import type { Context, ResourceProblem, ResourceRef } from "../../contract.ts";
import { refreshAnalyses } from "../../draft/draft-rows.ts";
import { readSurroundings, withResources } from "../../draft/surroundings.ts";
import { readDraftTests } from "../../route-test/read-tests.ts";
import type { RouteTest } from "../../route-test/route-test.ts";
import { draftResource } from "../../schema/index.ts";
import { sealTexts } from "../../secret/seal-text.ts";
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
  /** Of the text as it would be stored. */
  readonly analyzed: AnalyzedText;
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

/** Compared before others have a turn; each takes up to a few milliseconds. */
const IN_A_ROW = 16;

/** What taking the content into the draft would do to it. */
export async function planImport(
  executor: Executor,
  context: Pick<Context, "now" | "ring">,
  content: FoundContent & { readonly format: ImportFormat },
): Promise<ImportPlan> {
  await refreshAnalyses(executor);
  const notes: ImportNote[] = [...content.notes];
  const candidates = await nameAll(content.resources, notes);
  const stored = await readStored(executor, candidates);
  const restored = candidates.map(({ found, name }) => {
    const row = stored.get(`${found.kind}/${name}`);
    return { row, yaml: restoreSecrets(found.yaml, row?.yaml).yaml, stored: row?.yaml };
  });
  const sealed = await sealTexts(executor, context, restored, { store: false });
  const named: NamedResource[] = [];
  const changes: ImportPreview["changes"][number][] = [];
  const unchanged: ResourceRef[] = [];
  const toStore: PlannedChange[] = [];
  for (const [index, { found, name, analyzed }] of candidates.entries()) {
    const ref = { kind: found.kind, name };
    const { row, yaml = found.yaml } = restored[index] ?? {};
    const taken = sealed[index] === analyzed.yaml ? analyzed : analyzeText(found.kind, sealed[index] ?? yaml);
    named.push({ found, taken, name });
    const same =
      row !== undefined &&
      (row.yaml === taken.yaml ||
        (found.exact !== true && taken.messageHash !== undefined && row.messageHash === taken.messageHash));
    if (same) unchanged.push(ref);
    else {
      changes.push(diffResource(ref, row, taken));
      toStore.push({ ref, yaml, analyzed: taken, revision: row?.revision });
    }
    if (index % IN_A_ROW === 0) await setImmediate();
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

interface Candidate {
  readonly found: FoundResource;
  readonly name: string;
  /** As it stands in the file. */
  readonly analyzed: AnalyzedText;
}

/** Each resource with its name; of two with one name the first counts, and that is told. */
async function nameAll(
  resources: readonly FoundResource[],
  notes: ImportNote[],
): Promise<readonly Candidate[]> {
  const named = new Map<string, Candidate>();
  for (const [index, found] of resources.entries()) {
    if (index % IN_A_ROW === 0) await setImmediate();
    const analyzed = analyzeText(found.kind, found.yaml);
    const { path, position } = found;
    const { name } = analyzed;
    if (name === undefined) {
      notes.push({ kind: "not_understood", path, reason: `it has no ${nameField(found.kind)}`, position });
    } else if (named.has(`${found.kind}/${name}`)) {
      const reason = `there is another of the ${found.kind} called '${name}' before it, which counts`;
      notes.push({ kind: "not_understood", path, reason, position });
    } else named.set(`${found.kind}/${name}`, { found, name, analyzed });
  }
  return [...named.values()];
}

async function readStored(executor: Executor, candidates: readonly Candidate[]) {
  const names = JSON.stringify([...new Set(candidates.map(({ name }) => name.toWellFormed()))]);
  const { kind, name, yaml, json, messageHash, revision } = draftResource;
  const rows = await executor
    .select({ kind, name, yaml, json, messageHash, revision })
    .from(draftResource)
    .where(sql`${name} in (select json_array_elements_text(${names}::text::json))`);
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
  const all = withResources(
    around,
    named.map(({ taken: { kind }, name }) => ({ kind, name })),
  );
  return named.flatMap(({ taken: { kind, analysis }, name }) =>
    [...analysis.problems, ...crossCheck({ kind, name }, analysis, all)].map((problem) => ({
      resource: { kind, name },
      problem,
    })),
  );
}
