import { and, eq, sql } from "drizzle-orm";
import { appendAudit } from "../audit/append-audit.ts";
import type { Context } from "../contract.ts";
import { appendEvents } from "../notification/append-events.ts";
import { auditEvent } from "../schema/index.ts";
import { expiringCertificates } from "./list-certificates.ts";

/** Days before the end at which it is told; 0: it has expired. */
const TOLD_AT_DAYS = [30, 14, 7, 3, 1, 0] as const;
const ACTION = "certificate.expiring";
const DAY_MS = 86_400_000;

/** Writes down, and tells, of each live certificate that it has come nearer to its end, once for each step. Returns how many. */
export async function warnOfExpiry(context: Context): Promise<number> {
  const found = await expiringCertificates(context, TOLD_AT_DAYS[0] * DAY_MS);
  let told = 0;
  for (const { resource, facts, notAfter, daysLeft } of found) {
    const leftMs = notAfter.getTime() - context.now().getTime();
    const step = TOLD_AT_DAYS.findLast((days) => leftMs <= days * DAY_MS);
    if (step === undefined || facts === undefined) continue;
    const subject = `${resource.kind}/${resource.name}`;
    const { fingerprint, names } = facts;
    const [before] = await context.db
      .select({ id: auditEvent.id })
      .from(auditEvent)
      .where(
        and(
          eq(auditEvent.action, ACTION),
          eq(auditEvent.subject, subject),
          sql`${auditEvent.details}->>'fingerprint' = ${fingerprint}`,
          sql`(${auditEvent.details}->>'step')::int <= ${step}`,
        ),
      )
      .limit(1);
    if (before !== undefined) continue;
    const details = { fingerprint, names, notAfter: notAfter.toISOString(), daysLeft, step };
    await context.db.transaction(async (tx) => {
      await appendAudit(tx, context, { action: ACTION, subject, details });
      const event = { name: names[0] ?? resource.name, certificate: fingerprint, notAfter: details.notAfter };
      await appendEvents(tx, context, [{ kind: ACTION, subject, topic: subject, details: event }]);
    });
    told++;
  }
  return told;
}
