import { authorizeRead } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import type { Transaction } from "../access/executor.ts";
import { type AnalyzedText, analyzeText, nameField } from "../analysis/analyze-text.ts";
import { crossCheck, type Surroundings } from "../analysis/cross-check.ts";
import { appendAudit } from "../audit/append-audit.ts";
import type { Context, ResourceDiff, ResourceProblem, ResourceRef } from "../contract.ts";
import { readRow } from "../draft/draft-rows.ts";
import { lockDraft } from "../draft/lock-draft.ts";
import { storeText } from "../draft/store-text.ts";
import { readSurroundings, withResource } from "../draft/surroundings.ts";
import { restoreSecrets } from "../text/redact.ts";
import { diffResource } from "../version/diff-resource.ts";
import { type FoundResource, findResources } from "./find-resources.ts";

export interface ImportInput {
  /** An Envoy bootstrap, a DiscoveryResponse-like `resources:` list, a list of resources, or one resource; YAML or JSON. */
  readonly text: string;
  /** For positions in problems. */
  readonly file?: string;
  /** True: tell what would happen, change nothing. */
  readonly preview?: boolean;
}

export interface ImportResult {
  /** What is (or would be) added or changed in the draft. */
  readonly changes: readonly ResourceDiff[];
  readonly unchanged: readonly ResourceRef[];
  /** Parts of the text that are no resources of ours, and why: `admin` is the node's own, … */
  readonly ignored: readonly { readonly path: string; readonly reason: string }[];
  /** Of the imported resources, as they would be in the draft. */
  readonly problems: readonly ResourceProblem[];
}

/** Takes resources from Envoy configuration into the draft, by kind and name; what the draft has besides stays. Idempotent.
 * Needs what an edit of each kind that it changes needs; with `preview` config.read. `invalid` when the text as a whole cannot be read. */
export async function importYaml(context: Context, input: ImportInput): Promise<ImportResult> {
  const run = async (tx: Transaction): Promise<ImportResult> => {
    const found = findResources(input.text, input.file ?? "the text");
    await lockDraft(tx, "update");
    const result = await takeIn(tx, context, found.resources, input.preview !== true);
    if (input.preview !== true) {
      const details = { changed: result.changes.length, ignored: found.ignored.length };
      await appendAudit(tx, context, { action: "draft.import", subject: input.file ?? "text", details });
    }
    return { ...result, ignored: [...found.ignored, ...result.ignored] };
  };
  if (input.preview === true) {
    await authorizeRead(context, "draft.import_preview", input.file ?? "text");
    return await context.db.transaction(run);
  }
  const subject = input.file ?? "text";
  return await change(
    context,
    { permission: "config.edit", scope: "checked inside", action: "draft.import", subject },
    run,
  );
}

async function takeIn(
  tx: Transaction,
  context: Context,
  resources: readonly FoundResource[],
  store: boolean,
): Promise<ImportResult> {
  const changes: ResourceDiff[] = [];
  const unchanged: ResourceRef[] = [];
  const ignored: ImportResult["ignored"][number][] = [];
  const analyzed: (AnalyzedText & { readonly name: string })[] = [];
  for (const { kind, path, yaml: text } of resources) {
    const name = analyzeText(kind, text, { placeholders: "allowed" }).name;
    if (name === undefined) {
      ignored.push({ path, reason: `it has no ${nameField(kind)}` });
      continue;
    }
    const stored = await readRow(tx, { kind, name });
    const taken = analyzeText(kind, restoreSecrets(text, stored?.yaml).yaml);
    analyzed.push({ ...taken, name });
    // Comments and spelling alone do not count: a file imported twice, or exported and imported, changes nothing.
    const same =
      stored !== undefined &&
      (stored.yaml === taken.yaml ||
        (taken.messageHash !== undefined && stored.messageHash === taken.messageHash));
    if (same) {
      unchanged.push({ kind, name });
      continue;
    }
    changes.push(diffResource({ kind, name }, stored, taken));
    if (!store) continue;
    const base = stored === undefined ? { kind } : { kind, name, expectedRevision: stored.revision };
    await storeText(tx, context, { ...base, yaml: taken.yaml });
  }
  const around = await readSurroundings(tx, context.now);
  return { changes, unchanged, ignored, problems: problemsOf(analyzed, around) };
}

function problemsOf(
  analyzed: readonly (AnalyzedText & { readonly name: string })[],
  around: Surroundings,
): readonly ResourceProblem[] {
  const all = analyzed.reduce((before, { kind, name }) => withResource(before, kind, name), around);
  return analyzed.flatMap(({ kind, name, analysis }) =>
    [...analysis.problems, ...crossCheck({ kind, name }, analysis, all)].map((problem) => ({
      resource: { kind, name },
      problem,
    })),
  );
}
