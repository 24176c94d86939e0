import {
  applyImport,
  exportDraft,
  exportFiles,
  exportVersion,
  IMPORT_FORMATS,
  importYaml,
  previewImport,
} from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";

const TEXT_LENGTH_MAX = 16 * 1024 * 1024;

const importInput = z.object({
  files: z
    .array(z.object({ path: z.string().max(4096), text: z.string().max(TEXT_LENGTH_MAX) }))
    .min(1)
    .max(20_000)
    .readonly(),
  format: z.enum(IMPORT_FORMATS).optional(),
});

/** Configuration in and out as files; what `sluice import` and `sluice export` call. */
export const transferRouter = router({
  import: procedure
    .input(
      z.object({
        text: z.string().max(TEXT_LENGTH_MAX),
        file: z.string().max(4096).optional(),
        preview: z.boolean().optional(),
      }),
    )
    .mutation(({ ctx, input }) =>
      importYaml(ctx.config, {
        text: input.text,
        preview: input.preview ?? false,
        ...(input.file === undefined ? {} : { file: input.file }),
      }),
    ),
  previewImport: procedure.input(importInput).mutation(({ ctx, input }) => previewImport(ctx.config, input)),
  applyImport: procedure
    .input(importInput.extend({ hash: z.string().max(64).optional() }))
    .mutation(({ ctx, input }) => applyImport(ctx.config, input)),
  exportFiles: procedure
    .input(z.object({ source: z.union([z.enum(["draft", "live"]), z.number().int().positive()]) }))
    .query(({ ctx, input }) => exportFiles(ctx.config, input.source)),
  exportVersion: procedure
    .input(z.object({ version: z.number().int().positive().optional() }))
    .query(({ ctx, input }) => exportVersion(ctx.config, input.version)),
  exportDraft: procedure.query(({ ctx }) => exportDraft(ctx.config)),
});
