import {
  ALERT_MEASURES,
  ALERT_SCOPES,
  createSilence,
  endSilence,
  listAlertRules,
  listAlerts,
  listSilences,
  putAlertRule,
  removeAlertRule,
  tryAlertRule,
} from "@sluice/config";
import { readTrafficFigures } from "@sluice/telemetry";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";

const name = z.string().min(1).max(63);
const rule = z.object({
  name,
  measure: z.enum(ALERT_MEASURES),
  scope: z.object({ kind: z.enum(ALERT_SCOPES), name: z.string().min(1).max(500).optional() }).optional(),
  threshold: z.object({ when: z.enum(["above", "below"]), value: z.number() }),
  windowMs: z.number().int().optional(),
  forMs: z.number().int().optional(),
  requestsMin: z.number().int().optional(),
  enabled: z.boolean().optional(),
  expectedRevision: z.number().int().optional(),
});

/** Rules over telemetry, what they say, and what is kept quiet. */
export const alertRouter = router({
  list: procedure.query(({ ctx }) => listAlerts(ctx.config)),
  rules: procedure.query(({ ctx }) => listAlertRules(ctx.config)),
  put: procedure.input(rule).mutation(({ ctx, input }) => putAlertRule(ctx.config, input)),
  remove: procedure
    .input(z.object({ name }))
    .mutation(({ ctx, input }) => removeAlertRule(ctx.config, input.name)),
  try: procedure
    .input(rule)
    .query(({ ctx, input }) =>
      tryAlertRule(ctx.config, input, (question) => readTrafficFigures(ctx.services.sql, question)),
    ),
  silences: procedure.query(({ ctx }) => listSilences(ctx.config)),
  silence: procedure
    .input(
      z.object({
        rule: name.optional(),
        target: z.string().min(1).max(600).optional(),
        reason: z.string().max(500),
        durationMs: z.number(),
      }),
    )
    .mutation(({ ctx, input }) => createSilence(ctx.config, input)),
  unsilence: procedure
    .input(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => endSilence(ctx.config, input.id)),
});
