import { z } from "zod";
import {
  listPasskeys,
  listSessions,
  removePasskey,
  renamePasskey,
  revokeOtherSessions,
  revokeSession,
  twoFactorState,
} from "../../people/index.ts";
import { accountProcedure as procedure, router } from "../trpc.ts";

const id = z.string().max(100);

export const sessionRouter = router({
  /** Who asks; the CLI's check that its token works. */
  me: procedure.query(({ ctx }) => ctx.session),
  list: procedure
    .input(z.object({ person: id.optional() }).optional())
    .query(({ ctx, input }) => listSessions(ctx.config, input?.person)),
  revoke: procedure.input(z.object({ id })).mutation(({ ctx, input }) => revokeSession(ctx.config, input.id)),
  twoFactor: procedure.query(({ ctx }) => twoFactorState(ctx.config)),
  passkeys: procedure.query(({ ctx }) => listPasskeys(ctx.config)),
  renamePasskey: procedure
    .input(z.object({ id, name: z.string().max(200) }))
    .mutation(({ ctx, input }) => renamePasskey(ctx.config, input.id, input.name)),
  removePasskey: procedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => removePasskey(ctx.config, input.id)),
  revokeOthers: procedure.mutation(({ ctx }) => revokeOtherSessions(ctx.config, ctx.session.sessionId)),
});
