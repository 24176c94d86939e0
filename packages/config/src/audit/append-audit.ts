import type { Executor } from "../access/executor.ts";
import type { Context } from "../contract.ts";
import { auditEvent } from "../schema/index.ts";
import type { AuditInput } from "./record-audit.ts";

/** Writes one event in the actor's name, within the verb's transaction. */
export async function appendAudit(
  executor: Executor,
  context: Pick<Context, "actor" | "now">,
  event: AuditInput,
): Promise<void> {
  await executor.insert(auditEvent).values({
    at: context.now(),
    actorId: context.actor.id,
    actor: context.actor.name,
    action: event.action,
    subject: event.subject,
    details: event.details ?? null,
  });
}
