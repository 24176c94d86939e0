import { z } from "zod";
import { changeRole, createRole, listRoles, removeRole } from "../../people/index.ts";
import { procedure, router } from "../trpc.ts";
import { grantsInput } from "./grant-input.ts";

const name = z.string().min(1).max(100);
const description = z.string().max(500).optional();

/** Named sets of permissions. */
export const roleRouter = router({
  list: procedure.query(({ ctx }) => listRoles(ctx.config)),
  create: procedure
    .input(z.object({ name, description, grants: grantsInput }))
    .mutation(({ ctx, input }) => createRole(ctx.config, input)),
  change: procedure
    .input(
      z.object({ name, description, grants: grantsInput, expectedRevision: z.number().int().optional() }),
    )
    .mutation(({ ctx, input }) => changeRole(ctx.config, input)),
  remove: procedure
    .input(z.object({ name }))
    .mutation(({ ctx, input }) => removeRole(ctx.config, input.name)),
});
