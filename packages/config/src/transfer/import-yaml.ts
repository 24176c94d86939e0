import type { Context } from "../contract.ts";
import { applyImport } from "./import/apply-import.ts";
import type { ImportPreview } from "./import/import-contract.ts";
import { previewImport } from "./import/preview-import.ts";

export interface ImportYamlInput {
  /** Anything that `previewImport` reads as one file. */
  readonly text: string;
  /** For positions in problems. */
  readonly file?: string;
  /** True: tell what would happen, change nothing. */
  readonly preview?: boolean;
}

/** One text into the draft in one step: `previewImport`, or `applyImport` of whatever it holds. */
export async function importYaml(context: Context, input: ImportYamlInput): Promise<ImportPreview> {
  const files = [{ path: input.file ?? "text", text: input.text }];
  return input.preview === true
    ? await previewImport(context, { files })
    : await applyImport(context, { files });
}
