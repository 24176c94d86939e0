import {
  changeGroup,
  createGroup,
  freezeGroup,
  listGroups,
  protectGroup,
  removeGroup,
  reorderGroups,
  setGroupProbe,
  unfreezeGroup,
  unprotectGroup,
} from "@sluice/config";
import { z } from "zod";
import { groupName, probeInput } from "../rollout/strategy-input.ts";
import { procedure, router } from "../trpc.ts";

const selector = z.string().max(10_000);

/** Which nodes follow which version. */
export const groupRouter = router({
  list: procedure.query(({ ctx }) => listGroups(ctx.config)),
  create: procedure
    .input(
      z.object({
        name: groupName,
        selector,
        position: z.number().int().min(0).optional(),
        version: z.number().int().positive().optional(),
      }),
    )
    .mutation(({ ctx, input }) => createGroup(ctx.config, input)),
  change: procedure
    .input(z.object({ name: groupName, selector, expectedRevision: z.number().int().optional() }))
    .mutation(({ ctx, input }) => changeGroup(ctx.config, input)),
  remove: procedure
    .input(z.object({ name: groupName }))
    .mutation(({ ctx, input }) => removeGroup(ctx.config, input.name)),
  reorder: procedure
    .input(z.object({ names: z.array(groupName).max(1_000) }))
    .mutation(({ ctx, input }) => reorderGroups(ctx.config, input.names)),
  freeze: procedure
    .input(z.object({ group: groupName, reason: z.string().max(2_000) }))
    .mutation(({ ctx, input }) => freezeGroup(ctx.config, input)),
  setProbe: procedure
    .input(z.object({ group: groupName, probe: probeInput.nullable() }))
    .mutation(({ ctx, input }) => setGroupProbe(ctx.config, input)),
  unfreeze: procedure
    .input(z.object({ group: groupName }))
    .mutation(({ ctx, input }) => unfreezeGroup(ctx.config, input.group)),
  protect: procedure
    .input(z.object({ group: groupName }))
    .mutation(({ ctx, input }) => protectGroup(ctx.config, input.group)),
  /** Answers the request for it. */
  unprotect: procedure
    .input(z.object({ group: groupName, reason: z.string().max(2_000) }))
    .mutation(({ ctx, input }) => unprotectGroup(ctx.config, input)),
});
