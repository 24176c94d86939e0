import {
  blameResource,
  diffAny,
  listTags,
  revertResource,
  searchHistory,
  tagVersion,
  untagVersion,
} from "@sluice/config";
import { z } from "zod";
import { kindInput, refInput } from "../draft/draft-inputs.ts";
import { procedure, router } from "../trpc.ts";

const number = z.number().int().positive();
const path = z.string().max(4_096);
const source = z.union([
  number,
  z.enum(["live", "draft"]),
  z.object({ node: z.string().min(1).max(500) }),
  z.object({ order: z.string().min(1).max(100) }),
]);

/** What versions changed, who did, and the way back. */
export const historyRouter = router({
  search: procedure
    .input(
      z.object({
        text: z.string().max(200).optional(),
        kind: kindInput.optional(),
        name: z.string().max(1024).optional(),
        author: z.string().max(200).optional(),
        before: number.optional(),
        /** As `before`, under the name that infinite lists use. */
        cursor: number.nullish(),
        limit: z.number().int().min(1).max(500).optional(),
      }),
    )
    .query(({ ctx, input: { cursor, before = cursor ?? undefined, ...input } }) =>
      searchHistory(ctx.config, { ...input, before }),
    ),
  blame: procedure
    .input(refInput.extend({ version: number.optional(), path: path.optional() }))
    .query(({ ctx, input }) => blameResource(ctx.config, input)),
  diff: procedure
    .input(z.object({ before: source, after: source }))
    .query(({ ctx, input }) => diffAny(ctx.config, input.before, input.after)),
  revert: procedure
    .input(
      refInput.extend({
        to: z.number().int().min(0),
        from: z.number().int().min(0).optional(),
        path: path.optional(),
        choices: z.record(path, z.enum(["old", "draft"])).optional(),
      }),
    )
    .mutation(({ ctx, input }) => revertResource(ctx.config, input)),
  tags: procedure.query(({ ctx }) => listTags(ctx.config)),
  tag: procedure
    .input(z.object({ version: number, name: z.string().max(200), move: z.boolean().optional() }))
    .mutation(({ ctx, input }) => tagVersion(ctx.config, input)),
  untag: procedure
    .input(z.object({ name: z.string().max(200) }))
    .mutation(({ ctx, input }) => untagVersion(ctx.config, input.name)),
});
