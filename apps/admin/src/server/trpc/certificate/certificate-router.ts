import {
  ACME_CHALLENGE_TYPES,
  CERTIFICATE_KEY_TYPES,
  expiringCertificates,
  getCertificates,
  listCertificates,
  listManaged,
  RESOURCE_KINDS,
  removeManaged,
  renewCertificate,
  requestCertificate,
} from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";

const DAY_MS = 86_400_000;
const name = z.string().min(1).max(10_000);
const chosen = z.string().min(1).max(1000).optional();

/** The TLS certificates of what is live and of the draft; never their keys. */
export const certificateRouter = router({
  list: procedure.query(({ ctx }) => listCertificates(ctx.config)),
  get: procedure
    .input(z.object({ kind: z.enum(RESOURCE_KINDS), name: z.string().min(1).max(1000) }))
    .query(({ ctx, input }) => getCertificates(ctx.config, input)),
  automatic: procedure.query(({ ctx }) => listManaged(ctx.config)),
  request: procedure
    .input(
      z.object({
        names: z.array(z.string().min(1).max(300)).min(1).max(200),
        authority: chosen,
        challenge: z.enum(ACME_CHALLENGE_TYPES).optional(),
        dnsProvider: chosen,
        listener: chosen,
        keyType: z.enum(CERTIFICATE_KEY_TYPES).optional(),
      }),
    )
    .mutation(({ ctx, input: { keyType = "ec-p256", ...input } }) =>
      requestCertificate(ctx.config, { ...input, keyType }),
    ),
  remove: procedure
    .input(z.object({ name }))
    .mutation(({ ctx, input }) => removeManaged(ctx.config, input.name)),
  renew: procedure
    .input(z.object({ name }))
    .mutation(({ ctx, input }) => renewCertificate(ctx.config, input.name)),
  expiring: procedure
    .input(z.object({ withinDays: z.number().int().min(0).max(3650) }))
    .query(({ ctx, input }) => expiringCertificates(ctx.config, input.withinDays * DAY_MS)),
});
