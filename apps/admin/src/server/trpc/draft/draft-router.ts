import {
  checkDraft,
  checkText,
  createFirstRoute,
  diffDraft,
  draftStatus,
  getResource,
  listResources,
  mergeText,
  patchResource,
  putResource,
  references,
  removeResource,
  resetDraft,
  resetResource,
  usedBy,
} from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";
import { editInput, kindInput, refInput, textInput } from "./draft-inputs.ts";

/** What is being changed and is not live yet. */
export const draftRouter = router({
  status: procedure.query(({ ctx }) => draftStatus(ctx.config)),
  list: procedure
    .input(
      z.object({
        kind: kindInput.optional(),
        search: z.string().max(200).optional(),
        change: z.enum(["added", "modified", "unchanged"]).optional(),
        withProblems: z.boolean().optional(),
        offset: z.number().int().min(0).optional(),
        limit: z.number().int().min(1).max(1000).optional(),
      }),
    )
    .query(({ ctx, input }) => listResources(ctx.config, input)),
  /** Names only, for pickers and the command palette. */
  names: procedure.query(async ({ ctx }) => {
    const { resources } = await listResources(ctx.config, { limit: 1000 });
    return resources.map(({ kind, name }) => ({ kind, name }));
  }),
  get: procedure.input(refInput).query(({ ctx, input }) => getResource(ctx.config, input)),
  put: procedure
    .input(
      z.object({
        kind: kindInput,
        name: z.string().max(1024).optional(),
        yaml: textInput,
        expectedRevision: z.number().int().min(0).optional(),
      }),
    )
    .mutation(({ ctx, input }) => putResource(ctx.config, input)),
  patch: procedure
    .input(
      refInput.extend({
        edits: z.array(editInput).max(1000),
        expectedRevision: z.number().int().min(0),
      }),
    )
    .mutation(({ ctx, input }) => patchResource(ctx.config, input)),
  remove: procedure
    .input(refInput.extend({ expectedRevision: z.number().int().min(0).optional() }))
    .mutation(({ ctx, input }) => removeResource(ctx.config, input)),
  /** One resource, or the whole draft, back to what is live (or to a version). */
  reset: procedure.input(refInput).mutation(({ ctx, input }) => resetResource(ctx.config, input)),
  resetAll: procedure
    .input(z.object({ toVersion: z.number().int().positive().optional() }))
    .mutation(({ ctx, input }) => resetDraft(ctx.config, input)),
  references: procedure
    .input(z.object({ from: refInput.optional() }))
    .query(({ ctx, input }) => references(ctx.config, input)),
  usedBy: procedure.input(refInput).query(({ ctx, input }) => usedBy(ctx.config, input)),
  /** The editor's check as one types; stores nothing. A mutation only because texts are long. */
  checkText: procedure
    .input(z.object({ kind: kindInput, name: z.string().max(1024).optional(), yaml: textInput }))
    .mutation(({ ctx, input }) => checkText(ctx.config, input)),
  /** An edit merged field by field with what somebody else did meanwhile; stores nothing. A mutation only because texts are long. */
  merge: procedure
    .input(refInput.extend({ baseYaml: textInput, yaml: textInput }))
    .mutation(({ ctx, input }) => mergeText(ctx.config, input)),
  check: procedure.query(({ ctx }) => checkDraft(ctx.config)),
  diff: procedure
    .input(z.object({ limit: z.number().int().min(1).max(100_000).optional() }).optional())
    .query(({ ctx, input }) => diffDraft(ctx.config, input)),
  firstRoute: procedure
    .input(
      z.object({
        domain: z.string().max(253),
        path: z.string().max(2048),
        port: z.number().int(),
        host: z.string().max(253),
        upstreamPort: z.number().int(),
      }),
    )
    .mutation(({ ctx, input }) => createFirstRoute(ctx.config, input)),
});
