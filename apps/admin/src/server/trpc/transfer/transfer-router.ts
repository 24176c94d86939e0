import { exportDraft, exportVersion, importYaml } from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";

const TEXT_LENGTH_MAX = 16 * 1024 * 1024;

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
  exportVersion: procedure
    .input(z.object({ version: z.number().int().positive().optional() }))
    .query(({ ctx, input }) => exportVersion(ctx.config, input.version)),
  exportDraft: procedure.query(({ ctx }) => exportDraft(ctx.config)),
});
