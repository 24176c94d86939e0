import type { Context } from "../contract.ts";
import type { Exported } from "./export-version.ts";

/** As `exportVersion`, of the draft. `invalid` when a resource does not parse. */
export async function exportDraft(context: Context): Promise<Exported> {
  throw new Error("being built");
}
