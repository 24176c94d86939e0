import {
  listAuthorities,
  listDnsProviders,
  putAuthority,
  putDnsProvider,
  removeAuthority,
  removeDnsProvider,
  TSIG_ALGORITHMS,
} from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";

const name = z.string().min(1).max(64);
const nameServers = z.array(z.string().min(1).max(300)).max(20);

/** The authorities that automatic certificates come from, and who publishes records for DNS-01; never their keys. */
export const acmeRouter = router({
  list: procedure.query(({ ctx }) => listAuthorities(ctx.config)),
  put: procedure
    .input(
      z.object({
        name,
        directoryUrl: z.string().min(1).max(2000),
        email: z.string().max(254).optional(),
        trust: z.string().max(100_000).optional(),
        eabKid: z.string().min(1).max(500).optional(),
        eabKey: z.string().min(1).max(1000).optional(),
        termsAgreed: z.boolean(),
      }),
    )
    .mutation(({ ctx, input }) => putAuthority(ctx.config, input)),
  remove: procedure
    .input(z.object({ name }))
    .mutation(({ ctx, input }) => removeAuthority(ctx.config, input.name)),
  dnsProviders: procedure.query(({ ctx }) => listDnsProviders(ctx.config)),
  putDnsProvider: procedure
    .input(
      z.object({
        name,
        settings: z.discriminatedUnion("kind", [
          z.object({ kind: z.literal("webhook"), url: z.string().min(1).max(2000), nameServers }),
          z.object({
            kind: z.literal("rfc2136"),
            server: z.string().min(1).max(300),
            zone: z.string().min(1).max(254).optional(),
            keyName: z.string().min(1).max(254),
            algorithm: z.enum(TSIG_ALGORITHMS),
            nameServers,
          }),
        ]),
        secret: z.string().min(1).max(1000).optional(),
      }),
    )
    .mutation(({ ctx, input }) => putDnsProvider(ctx.config, input)),
  removeDnsProvider: procedure
    .input(z.object({ name }))
    .mutation(({ ctx, input }) => removeDnsProvider(ctx.config, input.name)),
});
