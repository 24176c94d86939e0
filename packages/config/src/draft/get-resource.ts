import { authorizeRead } from "../access/authorize.ts";
import { ConfigError, type Context, type DraftResource, type ResourceRef } from "../contract.ts";
import { readRow } from "./draft-rows.ts";
import { showRow } from "./show-row.ts";
/** One draft resource, secrets redacted. `not_found`. */
export async function getResource(context: Context, ref: ResourceRef): Promise<DraftResource> {
  await authorizeRead(context, "draft.get");
  const row = await readRow(context.db, ref);
  if (row === undefined) throw new ConfigError("not_found", `the draft has no ${ref.kind} '${ref.name}'`);
  return await showRow(context.db, context.now, row);
}
