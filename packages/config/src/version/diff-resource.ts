import type { ResourceDiff, ResourceRef } from "../contract.ts";
import { diffFields } from "../text/diff-fields.ts";
import { redactJson, redactYaml } from "../text/redact.ts";

export interface DiffSide {
  readonly yaml: string;
  /** Null or undefined where the text does not parse. */
  readonly json: unknown;
}

/** One resource's difference as it is shown: secrets redacted, though a changed one is told. One side at least is there. */
export function diffResource(
  ref: ResourceRef,
  before: DiffSide | undefined,
  after: DiffSide | undefined,
): ResourceDiff {
  const comparable = before !== undefined && after !== undefined;
  return {
    kind: ref.kind,
    name: ref.name,
    change: before === undefined ? "added" : after === undefined ? "removed" : "modified",
    beforeYaml: before && redactYaml(before.yaml),
    afterYaml: after && redactYaml(after.yaml),
    fields:
      comparable && isThere(before.json) && isThere(after.json) ? shownFields(before.json, after.json) : [],
  };
}

function shownFields(before: unknown, after: unknown): ResourceDiff["fields"] {
  // Labels keep secrets apart while comparing; they never leave this function.
  const labels = new Map<string, string>();
  const label = (value: string) => {
    const known = labels.get(value) ?? `[redacted, value ${labels.size + 1}]`;
    labels.set(value, known);
    return known;
  };
  return diffFields(redactJson(before, label), redactJson(after, label));
}

function isThere(json: unknown): boolean {
  return json !== undefined && json !== null;
}
