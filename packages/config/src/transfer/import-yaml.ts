import type { Context, ResourceDiff, ResourceProblem, ResourceRef } from "../contract.ts";

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
 * Editor (viewer with `preview`). `invalid` when the text as a whole cannot be read. */
export async function importYaml(context: Context, input: ImportInput): Promise<ImportResult> {
  throw new Error("being built");
}
