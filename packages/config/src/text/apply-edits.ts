import type { FieldEdit } from "../contract.ts";

/**
 * Applies a form's edits to a YAML text, in order; comments, key order and spelling of what is not touched stay. Pure: runs
 * in the browser too. Keys of the text may be in either spelling. Throws a RangeError when the text is no YAML or a path
 * leads through a scalar.
 */
export function applyEdits(yaml: string, edits: readonly FieldEdit[]): string {
  throw new Error("being built");
}
