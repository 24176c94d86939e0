import { getAuditRetention, listAudit, setAuditRetention, verifyAudit } from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";
import { auditFilterInput, readAuditFilter } from "./audit-input.ts";

/** Who did what. The export as JSON lines is a stream, and so no procedure: `GET /api/v1/audit/export`. */
export const auditRouter = router({
  list: procedure
    .input(
      auditFilterInput.extend({
        /** The last id of the page before. */
        cursor: z.number().int().positive().nullish(),
        limit: z.number().int().min(1).max(500).optional(),
      }),
    )
    .query(({ ctx, input: { cursor, limit, ...filter } }) =>
      listAudit(ctx.config, {
        ...readAuditFilter(filter),
        limit: limit ?? 100,
        before: cursor ?? undefined,
      }),
    ),
  /** Whether the chain of hashes holds. */
  verify: procedure
    .input(
      z
        .object({
          expect: z
            .object({ seq: z.number().int().min(0), hash: z.string().regex(/^[0-9a-fA-F]{64}$/) })
            .optional(),
        })
        .optional(),
    )
    .query(({ ctx, input }) => verifyAudit(ctx.config, input)),
  retention: procedure.query(({ ctx }) => getAuditRetention(ctx.config)),
  /** Without days: for ever. */
  setRetention: procedure
    .input(z.object({ days: z.number().int().optional() }))
    .mutation(({ ctx, input }) => setAuditRetention(ctx.config, input)),
});
