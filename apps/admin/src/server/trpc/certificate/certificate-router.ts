import {
  expiringCertificates,
  getCertificates,
  listCertificates,
  listManaged,
  RESOURCE_KINDS,
  renewCertificate,
} from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";

const DAY_MS = 86_400_000;

/** The TLS certificates of what is live and of the draft; never their keys. */
export const certificateRouter = router({
  list: procedure.query(({ ctx }) => listCertificates(ctx.config)),
  get: procedure
    .input(z.object({ kind: z.enum(RESOURCE_KINDS), name: z.string().min(1).max(1000) }))
    .query(({ ctx, input }) => getCertificates(ctx.config, input)),
  automatic: procedure.query(({ ctx }) => listManaged(ctx.config)),
  renew: procedure
    .input(z.object({ name: z.string().min(1).max(10_000) }))
    .mutation(({ ctx, input }) => renewCertificate(ctx.config, input.name)),
  expiring: procedure
    .input(z.object({ withinDays: z.number().int().min(0).max(3650) }))
    .query(({ ctx, input }) => expiringCertificates(ctx.config, input.withinDays * DAY_MS)),
});
