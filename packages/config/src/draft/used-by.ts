import type { Context, Reference, ResourceRef } from "../contract.ts";
import { references } from "./references.ts";
/** The references to one resource, from anywhere in the draft. */
export async function usedBy(context: Context, to: ResourceRef): Promise<readonly Reference[]> {
  const all = await references(context);
  return all.filter((reference) => reference.to.kind === to.kind && reference.to.name === to.name);
}
