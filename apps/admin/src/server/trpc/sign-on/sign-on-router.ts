import { z } from "zod";
import {
  listProviders,
  putProvider,
  removeProvider,
  setPasswordSignIn,
  signOnChoices,
} from "../../sign-on/providers.ts";
import { setSecondFactor } from "../../sign-on/second-factor-policy.ts";
import { testProvider } from "../../sign-on/test-provider.ts";
import { procedure, publicProcedure, router } from "../trpc.ts";

const id = z.string().min(1).max(32);
const issuer = z.string().min(1).max(2_000);
const scopes = z.array(z.string().max(200)).max(100).optional();
const rolesClaim = z.string().max(200).optional();
const trust = z.string().max(100_000).optional();
const role = z.string().min(1).max(100);

/** OpenID providers with which people sign on; never their secrets. */
export const signOnRouter = router({
  /** For the sign-in page. */
  choices: publicProcedure.query(({ ctx }) => signOnChoices(ctx.services)),
  list: procedure.query(({ ctx }) => listProviders(ctx.config)),
  put: procedure
    .input(
      z.object({
        id,
        name: z.string().max(60),
        enabled: z.boolean(),
        issuer,
        clientId: z.string().min(1).max(500),
        clientSecret: z.string().max(2_000).optional(),
        scopes,
        domains: z.array(z.string().max(253)).max(100).optional(),
        rolesClaim,
        roleRules: z
          .array(z.object({ value: z.string().max(500), role }))
          .max(100)
          .optional(),
        defaultRole: role.optional(),
        createAccounts: z.boolean().optional(),
        linkByEmail: z.boolean().optional(),
        trustEmail: z.boolean().optional(),
        trust,
      }),
    )
    .mutation(({ ctx, input }) => putProvider(ctx.config, input)),
  remove: procedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => removeProvider(ctx.config, input.id)),
  test: procedure
    .input(z.object({ issuer, scopes, rolesClaim, trust }))
    .mutation(({ ctx, input }) => testProvider(ctx.config, ctx.services.environment.outbound, input)),
  setPassword: procedure
    .input(z.object({ passwordSignIn: z.enum(["everyone", "administrators"]) }))
    .mutation(({ ctx, input }) => setPasswordSignIn(ctx.config, input.passwordSignIn)),
  setSecondFactor: procedure
    .input(z.object({ required: z.boolean(), graceDays: z.number().int() }))
    .mutation(({ ctx, input }) => setSecondFactor(ctx.config, input)),
});
