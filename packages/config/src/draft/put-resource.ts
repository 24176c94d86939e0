import { editing } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import type { Context, DraftResource, ResourceKind } from "../contract.ts";
import { showRow } from "./show-row.ts";
import { storeText } from "./store-text.ts";
export interface PutResourceInput {
  readonly kind: ResourceKind;
  /** The resource as it is called now; omit to create. Where the text has another name, the resource is renamed. */
  readonly name?: string | undefined;
  readonly yaml: string;
  /** `DraftResource.revision` that the edit began from; omit (or 0) to create. */
  readonly expectedRevision?: number | undefined;
}

/** Stores a text in the draft, valid or not (see `problems` of the answer). Needs config.edit of the kind, for secrets secret.manage.
 * A text without a readable name keeps the old one, or is called `unnamed`, `unnamed-2` …
 * `conflict` (details: ConflictDetails) when somebody changed it meanwhile, `already_exists` when created or renamed onto
 * another, `not_found` when `name` is gone and was never there. */
export async function putResource(context: Context, input: PutResourceInput): Promise<DraftResource> {
  const subject = `${input.kind}/${input.name ?? ""}`;
  const row = await change(context, { ...editing(input.kind), action: "draft.put", subject }, (tx) =>
    storeText(tx, context, input),
  );
  return await showRow(context.db, context.now, row);
}
