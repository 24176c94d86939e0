import {
  addSource,
  applySource,
  authorize,
  ConfigError,
  changeSource,
  listSources,
  planSource,
  removeSource,
} from "@sluice/config";
import { z } from "zod";
import { lookAtSource } from "../../source/check-source.ts";
import { FetchError } from "../../source/run-git.ts";
import { procedure, router } from "../trpc.ts";

const name = z.string().max(63);
const secret = z.string().max(65_536).optional();

const settings = z.object({
  name,
  kind: z.enum(["directory", "git"]),
  location: z.string().max(4_096),
  ref: z.string().max(250).optional(),
  path: z.string().max(1_024).optional(),
  winner: z.enum(["source", "ui"]),
  apply: z.enum(["automatic", "manual"]),
  group: z.string().max(1_000).optional(),
  intervalMs: z.number().int().optional(),
  credentials: z
    .object({ username: secret, password: secret, privateKey: secret, knownHosts: secret })
    .optional(),
});

/** Directories and Git repositories that resources come from. */
export const sourceRouter = router({
  list: procedure.query(({ ctx }) => listSources(ctx.config)),
  add: procedure
    .input(settings)
    .mutation(({ ctx, input }) => addSource(ctx.config, ctx.services.ring, input)),
  change: procedure
    .input(settings)
    .mutation(({ ctx, input }) => changeSource(ctx.config, ctx.services.ring, input)),
  remove: procedure
    .input(z.object({ name }))
    .mutation(({ ctx, input }) => removeSource(ctx.config, input.name)),
  plan: procedure
    .input(z.object({ name }))
    .query(({ ctx, input }) => planSource(ctx.config, ctx.services.ring, input.name)),
  sync: procedure
    .input(
      z.object({
        name,
        commit: z.string().max(128).optional(),
        publish: z.boolean().optional(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { config, services } = ctx;
      const subject = `source/${input.name}`;
      await authorize(config, { permission: "config.edit", scope: "any", action: "source.sync", subject });
      // A commit that was looked at is taken as it was fetched; without one, what the source has now.
      if (input.commit === undefined) {
        const { sourcesDir: root, outbound: policy } = services.environment;
        await lookAtSource(config, { ring: services.ring, root, policy }, input.name).catch(
          (error: unknown) => {
            throw error instanceof FetchError ? new ConfigError("invalid", error.message) : error;
          },
        );
      }
      return await applySource(config, services.ring, input);
    }),
});
