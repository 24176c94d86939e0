import { z } from "zod";
import {
  createPerson,
  listPeople,
  removePerson,
  removeTwoFactor,
  resetPassword,
  setDisabled,
  setRole,
} from "../../people/index.ts";
import { procedure, router } from "../trpc.ts";

const id = z.string().max(100);
const role = z.string().min(1).max(100);
const password = z.string().max(200);

export const peopleRouter = router({
  list: procedure.query(({ ctx }) => listPeople(ctx.config)),
  create: procedure
    .input(z.object({ name: z.string().trim().min(1).max(100), email: z.email().max(254), role, password }))
    .mutation(({ ctx, input }) => createPerson(ctx.config, input)),
  setRole: procedure
    .input(z.object({ id, role }))
    .mutation(({ ctx, input }) => setRole(ctx.config, input.id, input.role)),
  resetPassword: procedure
    .input(z.object({ id, password }))
    .mutation(({ ctx, input }) => resetPassword(ctx.config, input.id, input.password)),
  removeTwoFactor: procedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => removeTwoFactor(ctx.config, input.id)),
  disable: procedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => setDisabled(ctx.config, input.id, true)),
  enable: procedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => setDisabled(ctx.config, input.id, false)),
  remove: procedure.input(z.object({ id })).mutation(({ ctx, input }) => removePerson(ctx.config, input.id)),
});
