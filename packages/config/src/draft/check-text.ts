import type { CheckedText, Context, ResourceKind } from "../contract.ts";

export interface CheckTextInput {
  readonly kind: ResourceKind;
  /** The resource that is being edited, as it is called in the draft; omit for a new one. */
  readonly name?: string | undefined;
  readonly yaml: string;
}

/** The editor's live check: what `putResource` would find, with positions, without storing anything. */
export async function checkText(context: Context, input: CheckTextInput): Promise<CheckedText> {
  throw new Error("being built");
}
