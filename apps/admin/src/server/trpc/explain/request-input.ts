import { z } from "zod";

const text = z.string().max(8_192);

export const sourceInput = z.union([z.enum(["draft", "live"]), z.number().int().positive()]);

/** A request as Explain and route tests take it. */
export const requestInput = z.object({
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
