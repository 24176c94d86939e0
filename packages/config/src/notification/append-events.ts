import type { Executor } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { CHANNELS, type Context } from "../contract.ts";
import { notificationEvent } from "../schema/index.ts";
import type { EventKind } from "./notification-contract.ts";

export interface EventInput {
  readonly kind: EventKind;
  /** Undefined: of the node's group, or of none. */
  readonly group?: string | undefined;
  readonly node?: string | undefined;
  /** Where to look: `rollout/7`, `node/edge-1`. */
  readonly subject: string;
  /** Events of one kind, group and topic that happen together go out as one message. Default: the subject. */
  readonly topic?: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Writes to the outbox, within the transaction of what happened: nothing is told that did not happen, and nothing is lost. */
export async function appendEvents(
  executor: Executor,
  context: Pick<Context, "now">,
  events: readonly EventInput[],
): Promise<void> {
  if (events.length === 0) return;
  const at = context.now();
  await executor.insert(notificationEvent).values(
    events.map(({ kind, group, node, subject, topic, details }) => ({
      at,
      kind,
      group: group ?? null,
      node: node ?? null,
      subject,
      topic: topic ?? subject,
      details,
    })),
  );
  await notify(executor, CHANNELS.notification, { events: events.length });
}
