import { authorizeRead } from "../access/authorize.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { type AnalyzedText, analyzeText, nameField, shownJson } from "../analysis/analyze-text.ts";
import { crossCheck } from "../analysis/cross-check.ts";
import { secretMissing } from "../analysis/secret-missing.ts";
import type { CheckedText, Context, ResourceKind } from "../contract.ts";
import { restoreSecrets } from "../text/redact.ts";
import { readRow } from "./draft-rows.ts";
import { readSurroundings, withResources } from "./surroundings.ts";
export interface CheckTextInput {
  readonly kind: ResourceKind;
  /** The resource that is being edited, as it is called in the draft; omit for a new one. */
  readonly name?: string | undefined;
  readonly yaml: string;
}

/** The editor's live check: what `putResource` would find, with positions, without storing anything. */
export async function checkText(context: Context, input: CheckTextInput): Promise<CheckedText> {
  await authorizeRead(context, "draft.check_text");
  const { kind } = input;
  const stored = input.name === undefined ? undefined : await readRow(context.db, { kind, name: input.name });
  // The text is judged with its placeholders, so that positions are those of the text that is shown.
  const restored = restoreSecrets(input.yaml, stored?.yaml);
  const analyzed = analyzeText(kind, input.yaml, { placeholders: "allowed" });
  const around = await readSurroundings(context.db, context.now);
  const name = analyzed.name ?? input.name ?? "";
  const problems = [
    ...analyzed.analysis.problems,
    ...restored.missing.map((placeholder) => secretMissing(placeholder)),
    ...crossCheck(
      { kind, name: input.name ?? name },
      { ...analyzed.analysis, certificates: withKeys(analyzed, restored.yaml) },
      withResources(around, analyzed.name === undefined ? [] : [{ kind, name: analyzed.name }]),
    ),
  ];
  if (analyzed.name !== undefined && analyzed.name !== input.name && around.names[kind].has(analyzed.name)) {
    problems.push({
      path: nameField(kind),
      message: `the draft has ${kind} '${analyzed.name}' already`,
      severity: "error",
    });
  }
  return {
    name: analyzed.name,
    json: shownJson(analyzed.json),
    problems,
    references: analyzed.analysis.references.map((found) => ({
      from: { kind, name },
      path: found.path,
      to: { kind: found.kind, name: found.name },
    })),
  };
}

/** Its certificates, with the keys that the placeholders stand for. */
function withKeys({ kind, analysis }: AnalyzedText, restored: string): Analysis["certificates"] {
  if (analysis.certificates.length === 0) return [];
  const whole = analyzeText(kind, restored).analysis.certificates;
  return analysis.certificates.map((certificate) => {
    const key = whole.find(({ path }) => path === certificate.path)?.key;
    return key === undefined ? certificate : { ...certificate, key };
  });
}
