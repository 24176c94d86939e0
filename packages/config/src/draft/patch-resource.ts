import { editing } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import {
  ConfigError,
  type Context,
  type DraftResource,
  type FieldEdit,
  type ResourceRef,
} from "../contract.ts";
import { applyEdits } from "../text/apply-edits.ts";
import { redactYaml } from "../text/redact.ts";
import { conflictOver } from "./expect-revision.ts";
import { lockRow } from "./lock-rows.ts";
import { showRow } from "./show-row.ts";
import { storeText } from "./store-text.ts";
export interface PatchResourceInput extends ResourceRef {
  readonly edits: readonly FieldEdit[];
  readonly expectedRevision: number;
}

/** A form's edits, applied to the stored text with `applyEdits` (comments stay); otherwise as `putResource`. Needs config.edit of the kind, for secrets secret.manage.
 * `invalid` when the stored text is no YAML, so that paths have nothing to point at. */
export async function patchResource(context: Context, input: PatchResourceInput): Promise<DraftResource> {
  const subject = `${input.kind}/${input.name}`;
  const row = await change(context, { ...editing(input.kind), action: "draft.put", subject }, async (tx) => {
    const stored = await lockRow(tx, input);
    if (stored === undefined || stored.revision !== input.expectedRevision) {
      throw await conflictOver(tx, input, stored);
    }
    // On the shown text, as the form saw it: an edit may carry a placeholder along.
    const yaml = edited(redactYaml(stored.yaml), input.edits);
    return await storeText(tx, context, { ...input, yaml });
  });
  return await showRow(context.db, context.now, row);
}

function edited(yaml: string, edits: readonly FieldEdit[]): string {
  try {
    return applyEdits(yaml, edits);
  } catch (error) {
    if (error instanceof RangeError) throw new ConfigError("invalid", error.message);
    throw error;
  }
}
