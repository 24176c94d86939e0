import {
  authorityStatus,
  createJoinToken,
  listJoinTokens,
  listNodeCertificates,
  revokeJoinToken,
  revokeNode,
  rotateAuthority,
} from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";

const name = z.string().min(1).max(200);

/** Who may become a node, and who is one. Browsers ask again at each `live.changes` about joining. */
export const joinRouter = router({
  tokens: procedure.query(({ ctx }) => listJoinTokens(ctx.config)),
  createToken: procedure
    .input(
      z.object({
        node: name.optional(),
        labels: z.record(z.string().max(100), z.string().max(200)).optional(),
        uses: z.number().int().optional(),
        lifetimeS: z.number().int().optional(),
        note: z.string().max(1000).optional(),
      }),
    )
    .mutation(({ ctx, input }) => createJoinToken(ctx.config, input)),
  revokeToken: procedure
    .input(z.object({ id: name }))
    .mutation(({ ctx, input }) => revokeJoinToken(ctx.config, input.id)),
  certificates: procedure
    .input(z.object({ node: name.optional() }).optional())
    .query(({ ctx, input }) => listNodeCertificates(ctx.config, input)),
  revokeNode: procedure
    .input(z.object({ node: name }))
    .mutation(({ ctx, input }) => revokeNode(ctx.config, input.node)),
  authority: procedure.query(({ ctx }) => authorityStatus(ctx.config)),
  rotateAuthority: procedure
    .input(z.object({ step: z.enum(["start", "switch", "finish", "cancel"]), force: z.boolean().optional() }))
    .mutation(({ ctx, input }) => rotateAuthority(ctx.config, input)),
});
