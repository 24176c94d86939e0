import { z } from "zod";

const step = z.union([
  z.object({ selector: z.string().max(2_000) }).strict(),
  z.object({ percent: z.number() }).strict(),
]);

const rule = z
  .object({
    requestsMin: z.number(),
    errorRateRise: z.number(),
    latencyFactor: z.number(),
    inconclusive: z.enum(["advance", "pause"]),
  })
  .partial()
  .strict();

/** A synthetic request; the verb checks it and says what would do. */
export const probeInput = z
  .object({
    listener: z.string().min(1).max(500),
    url: z.string().max(8_000),
    method: z.string().max(20).optional(),
    headers: z
      .array(z.object({ name: z.string().max(500), value: z.string().max(8_000) }).strict())
      .max(100)
      .readonly()
      .optional(),
    statuses: z.array(z.number()).max(100).readonly().optional(),
    bodyContains: z.string().max(8_000).optional(),
    timeoutMs: z.number().optional(),
    attempts: z.number().optional(),
    addresses: z.record(z.string().max(500), z.string().max(500)).optional(),
  })
  .strict();

/** How a rollout goes; ranges are checked by the verb, which says what would do. */
export const strategyInput = z
  .object({
    steps: z.array(step).max(100).readonly().optional(),
    stepWaitMs: z.number().optional(),
    effectiveWithinMs: z.number().optional(),
    promote: z.enum(["automatic", "manual"]).optional(),
    onFailure: z.enum(["revert", "pause", "keep"]).optional(),
    compare: rule.nullable().optional(),
    probe: probeInput.nullable().optional(),
  })
  .strict();

/** Names of groups are checked by the verb that makes one. */
export const groupName = z.string().min(1).max(200);
