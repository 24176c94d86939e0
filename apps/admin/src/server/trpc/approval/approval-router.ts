import {
  approveRequest,
  breakGlass,
  getApproval,
  listApprovals,
  refuseRequest,
  withdrawRequest,
} from "@sluice/config";
import { z } from "zod";
import { groupName } from "../rollout/strategy-input.ts";
import { procedure, router } from "../trpc.ts";

const id = z.number().int().positive();
const reason = z.string().max(2_000);

/** What waits for a second person, and what became of it. */
export const approvalRouter = router({
  list: procedure
    .input(
      z
        .object({
          /** Only those that wait. */
          open: z.boolean().optional(),
          group: groupName.optional(),
          before: id.optional(),
          limit: z.number().int().min(1).max(500).optional(),
        })
        .optional(),
    )
    .query(({ ctx, input }) => listApprovals(ctx.config, input)),
  get: procedure.input(z.object({ id })).query(({ ctx, input }) => getApproval(ctx.config, input.id)),
  approve: procedure
    .input(z.object({ id, reason: reason.optional() }))
    .mutation(({ ctx, input }) => approveRequest(ctx.config, input)),
  refuse: procedure
    .input(z.object({ id, reason }))
    .mutation(({ ctx, input }) => refuseRequest(ctx.config, input)),
  withdraw: procedure
    .input(z.object({ id, reason: reason.optional() }))
    .mutation(({ ctx, input }) => withdrawRequest(ctx.config, input)),
  /** `confirm`: the group's name. */
  breakGlass: procedure
    .input(z.object({ id, reason, confirm: z.string().max(100) }))
    .mutation(({ ctx, input }) => breakGlass(ctx.config, input)),
});
