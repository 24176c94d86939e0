import { procedure, router } from "../trpc.ts";

export const sessionRouter = router({
  /** Who asks; the CLI's check that its token works. */
  me: procedure.query(({ ctx }) => ctx.session),
});
