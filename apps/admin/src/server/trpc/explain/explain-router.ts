import { explainRequest } from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";

const text = z.string().max(8_192);

const explainInput = z.object({
  source: z.union([z.enum(["draft", "live"]), z.number().int().positive()]),
  method: z.string().max(64),
  url: z.string().max(65_536),
  headers: z
    .array(z.object({ name: z.string().max(256), value: text }))
    .max(200)
    .readonly(),
  listener: z.string().max(1_024).optional(),
  clientIp: z.string().max(64).optional(),
  sni: z.string().max(256).optional(),
  alpn: z.array(z.string().max(256)).max(16).readonly().optional(),
});

/** Which way a request would take. */
export const explainRouter = router({
  request: procedure.input(explainInput).query(({ ctx, input }) => explainRequest(ctx.config, input)),
});
