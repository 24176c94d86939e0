import { shownJson } from "../analysis/analyze-text.ts";
import type { FieldDiff } from "../contract.ts";
import { diffFields } from "../text/diff-fields.ts";

const FIELDS_MAX = 50;
const LENGTH_MAX = 16_384;

/** What an edit changed, for the audit log: fields with their values before and after, secrets redacted. Long ones are cut short. */
export function describeChange(
  before: unknown,
  after: unknown,
): { readonly fields: readonly FieldDiff[]; readonly more?: number } {
  const all = diffFields(shownJson(before) ?? {}, shownJson(after) ?? {});
  const fields: FieldDiff[] = [];
  let length = 0;
  for (const field of all.slice(0, FIELDS_MAX)) {
    length += JSON.stringify(field).length;
    if (length > LENGTH_MAX) break;
    fields.push(field);
  }
  return fields.length === all.length ? { fields } : { fields, more: all.length - fields.length };
}
