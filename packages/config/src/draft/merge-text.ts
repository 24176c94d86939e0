import { authorizeRead } from "../access/authorize.ts";
import { analyzeText } from "../analysis/analyze-text.ts";
import { ConfigError, type Context, type ResourceKind } from "../contract.ts";
import { applyEdits } from "../text/apply-edits.ts";
import { type MergeStep, mergeEdits, mergeFields } from "../text/merge-fields.ts";
import { redactYaml } from "../text/redact.ts";
import { readRow } from "./draft-rows.ts";

export interface MergeTextInput {
  readonly kind: ResourceKind;
  /** As it is called in the draft. */
  readonly name: string;
  /** The text that the edit began from, as it was shown. */
  readonly baseYaml: string;
  /** The text as edited. */
  readonly yaml: string;
}

export interface MergedText {
  /** Theirs, with everything of ours that they did not change too; of conflicts theirs. */
  readonly yaml: string;
  /** What is in the draft now, as shown, and its revision: put the merge with it. */
  readonly theirs: { readonly yaml: string; readonly revision: number; readonly by: string };
  readonly steps: readonly MergeStep[];
}

const PLACEHOLDER = /\[redacted(?: \d+)?\]/;

/**
 * Merges an edit with what somebody else did meanwhile, field by field over the parsed messages. `mergeEdits(steps, choice)` on
 * `theirs.yaml` gives the text for any choice among the conflicts. Stores nothing; for any role. `not_found` when the resource is
 * gone; `invalid` when one of the three texts does not parse, so that there are no fields to compare.
 */
export async function mergeText(context: Context, input: MergeTextInput): Promise<MergedText> {
  await authorizeRead(context, "draft.merge");
  const { kind, name } = input;
  const stored = await readRow(context.db, { kind, name });
  if (stored === undefined) throw new ConfigError("not_found", `the draft has no ${kind} '${name}'`);
  const yaml = redactYaml(stored.yaml);
  const [base, ours, theirs] = [input.baseYaml, input.yaml, yaml].map((text) => read(kind, text));
  const steps = mergeFields(base, ours, theirs).map(guarded);
  return {
    yaml: applyEdits(yaml, mergeEdits(steps)),
    theirs: { yaml, revision: stored.revision, by: stored.updatedBy },
    steps,
  };
}

/** Which secret a placeholder stands for depends on the text that it is in: carried into another, somebody must look. */
function guarded(step: MergeStep): MergeStep {
  return PLACEHOLDER.test(JSON.stringify(step.edits)) ? { ...step, conflict: true } : step;
}

function read(kind: ResourceKind, text: string): unknown {
  const { json, analysis } = analyzeText(kind, text, { placeholders: "allowed" });
  if (json !== undefined) return json;
  const problem = analysis.problems[0];
  throw new ConfigError(
    "invalid",
    `the texts cannot be compared by field: ${problem?.message ?? "one is empty"}`,
  );
}
