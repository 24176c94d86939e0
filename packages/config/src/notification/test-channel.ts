import { change } from "../access/change.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { ConfigError, type Context } from "../contract.ts";
import { appendEvents } from "./append-events.ts";
import { lockChannel } from "./change-channel.ts";

/** Sends a test message to one channel, whatever it subscribes to; `listDeliveries` tells what came of it. Needs notification.manage. `not_found`;
 * `bad_input` for one that is switched off. */
export async function testChannel(context: Context, name: string): Promise<void> {
  const subject = `channel/${name}`;
  const attempt = { permission: "notification.manage", action: "notification.test", subject } as const;
  await change(context, attempt, async (tx) => {
    const { enabled } = await lockChannel(tx, name);
    if (!enabled) throw new ConfigError("bad_input", `channel '${name}' is switched off`);
    const details = { channel: name, by: context.actor.name };
    await appendEvents(tx, context, [{ kind: "channel.test", subject, details }]);
    await appendAudit(tx, context, attempt);
  });
}
