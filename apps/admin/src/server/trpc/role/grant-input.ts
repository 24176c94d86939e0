import { z } from "zod";

/** The verbs say what is wrong with a grant in words; here only sizes are bounded. */
export const grantsInput = z
  .array(
    z.object({
      permission: z.string().max(100),
      groups: z.array(z.string().max(100)).max(200).optional(),
      kinds: z.array(z.string().max(100)).max(20).optional(),
      selector: z.string().max(2_000).optional(),
    }),
  )
  .max(100);
