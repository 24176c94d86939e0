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
  return {
    kind: ref.kind,
    name: ref.name,
    change: before === undefined ? "added" : after === undefined ? "removed" : "modified",
    beforeYaml: before && redactYaml(before.yaml),
    afterYaml: after && redactYaml(after.yaml),
    fields: changedFields(before, after),
  };
}

/** Which fields differ, as it is shown; none where one side is missing or does not parse. */
export function changedFields(
  before: DiffSide | undefined,
  after: DiffSide | undefined,
): ResourceDiff["fields"] {
  return isThere(before?.json) && isThere(after?.json) ? shownFields(before?.json, after?.json) : [];
}

function shownFields(before: unknown, after: unknown): ResourceDiff["fields"] {
  // Labels keep secrets apart while comparing; they never leave this function.
  const labels = new Map<string, string>();
  const label = ({ value }: { readonly value: string }) => {
    const known = labels.get(value) ?? `[redacted, value ${labels.size + 1}]`;
    labels.set(value, known);
    return known;
  };
  return diffFields(redactJson(before, label), redactJson(after, label));
}

function isThere(json: unknown): boolean {
  return json !== undefined && json !== null;
}
