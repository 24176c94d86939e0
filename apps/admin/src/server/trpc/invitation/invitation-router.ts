import { z } from "zod";
import {
  acceptInvitation,
  createResetLink,
  invite,
  listInvitations,
  revokeInvitation,
  showInvitation,
} from "../../people/index.ts";
import { procedure, publicProcedure, router } from "../trpc.ts";

const id = z.string().max(100);
const token = z.string().max(200);

/** One-time links to an account or a new password. */
export const invitationRouter = router({
  list: procedure.query(({ ctx }) => listInvitations(ctx.config)),
  create: procedure
    .input(
      z.object({
        name: z.string().trim().min(1).max(100),
        email: z.email().max(254),
        role: z.string().min(1).max(100),
        lifetimeS: z.number().int().optional(),
      }),
    )
    .mutation(({ ctx, input }) => invite(ctx.config, input)),
  resetLink: procedure
    .input(z.object({ person: id }))
    .mutation(({ ctx, input }) => createResetLink(ctx.config, input.person)),
  revoke: procedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => revokeInvitation(ctx.config, input.id)),
  /** For whoever holds a link; a mutation, so that no log has the token in an address. */
  show: publicProcedure
    .input(z.object({ token }))
    .mutation(({ ctx, input }) => showInvitation(ctx.services, input.token)),
  accept: publicProcedure
    .input(z.object({ token, name: z.string().max(100).optional(), password: z.string().max(200) }))
    .mutation(({ ctx, input }) => acceptInvitation(ctx.services, input)),
});
