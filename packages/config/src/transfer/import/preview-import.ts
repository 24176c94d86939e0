import { authorizeRead } from "../../access/authorize.ts";
import type { Context } from "../../contract.ts";
import type { ImportInput, ImportPreview } from "./import-contract.ts";
import { planImport } from "./plan-import.ts";
import { readImport } from "./read-import.ts";

/** What an import would make, change and leave; makes nothing. Needs config.read. `invalid` when the files as a whole cannot be read. */
export async function previewImport(context: Context, input: ImportInput): Promise<ImportPreview> {
  await authorizeRead(context, "draft.import_preview", input.files[0]?.path);
  const content = readImport(input);
  return await context.db.transaction(async (tx) => (await planImport(tx, context, content)).preview, {
    isolationLevel: "repeatable read",
  });
}
