import type { Context, DraftResource, FieldEdit, ResourceRef } from "../contract.ts";

export interface PatchResourceInput extends ResourceRef {
  readonly edits: readonly FieldEdit[];
  readonly expectedRevision: number;
}

/** A form's edits, applied to the stored text with `applyEdits` (comments stay); otherwise as `putResource`. Editor.
 * `invalid` when the stored text is no YAML, so that paths have nothing to point at. */
export async function patchResource(context: Context, input: PatchResourceInput): Promise<DraftResource> {
  throw new Error("being built");
}
