import {
  CHANNEL_KINDS,
  changeChannel,
  createChannel,
  EVENT_KINDS,
  listChannels,
  listDeliveries,
  MAIL_SECURITY,
  removeChannel,
  resendDelivery,
  testChannel,
} from "@sluice/config";
import { z } from "zod";
import { groupName } from "../rollout/strategy-input.ts";
import { procedure, router } from "../trpc.ts";

const name = z.string().min(1).max(63);
const settings = z.union([
  z.strictObject({ url: z.string().max(2_000) }),
  z.strictObject({
    host: z.string().max(253),
    port: z.number().int().min(1).max(65_535),
    security: z.enum(MAIL_SECURITY),
    user: z.string().max(320).optional(),
    from: z.string().max(400),
    to: z.array(z.string().max(400)).max(50),
  }),
  z.strictObject({}),
]);
const secret = z.string().min(1).max(2_000);
const subscriptions = z
  .array(z.object({ events: z.array(z.enum(EVENT_KINDS)).max(20), groups: z.array(groupName).max(200) }))
  .max(20);

/** Where what happens is told, and what became of the messages. */
export const notificationRouter = router({
  channels: procedure.query(({ ctx }) => listChannels(ctx.config)),
  create: procedure
    .input(
      z.object({
        name,
        kind: z.enum(CHANNEL_KINDS),
        settings,
        secret: secret.optional(),
        subscriptions: subscriptions.optional(),
        enabled: z.boolean().optional(),
      }),
    )
    .mutation(({ ctx, input }) => createChannel(ctx.config, input)),
  change: procedure
    .input(
      z.object({
        name,
        settings: settings.optional(),
        secret: secret.nullable().optional(),
        newSigningKey: z.boolean().optional(),
        subscriptions: subscriptions.optional(),
        enabled: z.boolean().optional(),
        expectedRevision: z.number().int().optional(),
      }),
    )
    .mutation(({ ctx, input }) => changeChannel(ctx.config, input)),
  remove: procedure
    .input(z.object({ name }))
    .mutation(({ ctx, input }) => removeChannel(ctx.config, input.name)),
  test: procedure.input(z.object({ name })).mutation(({ ctx, input }) => testChannel(ctx.config, input.name)),
  deliveries: procedure
    .input(
      z
        .object({
          channel: name.optional(),
          state: z.enum(["waiting", "sent", "dead"]).optional(),
          before: z.coerce.date().optional(),
          limit: z.number().int().min(1).max(200).optional(),
        })
        .optional(),
    )
    .query(({ ctx, input }) => listDeliveries(ctx.config, input)),
  resend: procedure
    .input(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => resendDelivery(ctx.config, input.id)),
});
