import { sql } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { rowsParameter } from "../access/rows-parameter.ts";
import type { Context } from "../contract.ts";
import type { AuditInput } from "./record-audit.ts";

/** Writes one event in the actor's name, within the verb's transaction. */
export async function appendAudit(
  executor: Executor,
  context: Pick<Context, "actor" | "now">,
  event: AuditInput,
): Promise<void> {
  await appendAudits(executor, context, [event]);
}

/** The same for many, in their order, by one statement. */
export async function appendAudits(
  executor: Executor,
  context: Pick<Context, "actor" | "now">,
  events: readonly AuditInput[],
): Promise<void> {
  if (events.length === 0) return;
  const { id, name } = context.actor;
  const rows = events.map(({ action, subject, details }) => ({
    action,
    subject,
    details: details === undefined || details === null ? null : JSON.stringify(details),
  }));
  await executor.execute(sql`
    insert into config.audit_event (at, actor_id, actor, action, subject, details)
    select ${context.now().toISOString()}::timestamptz, ${id}, ${name}, e.action, e.subject, e.details::jsonb
    from ${rowsParameter(rows)} as e(action text, subject text, details text)`);
}
