import { appendAudit } from "../audit/append-audit.ts";
import type { AuditInput } from "../audit/record-audit.ts";
import { ConfigError, type Context, type Role } from "../contract.ts";
import type { Transaction } from "./executor.ts";

const RANK: Readonly<Record<Role, number>> = { viewer: 0, editor: 1, admin: 2 };

/**
 * How every changing verb runs: the role first (a refused attempt is written to the audit log), then one transaction, in
 * which the verb writes its audit event. Throws `forbidden`.
 */
export async function change<T>(
  context: Context,
  attempt: { readonly role: Role } & Pick<AuditInput, "action" | "subject">,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  if (RANK[context.actor.role] < RANK[attempt.role]) {
    const { action, subject, role } = attempt;
    await appendAudit(context.db, context, {
      action,
      subject,
      details: { refused: "forbidden", role: context.actor.role },
    });
    throw new ConfigError(
      "forbidden",
      `${action} needs the role ${role}; ${context.actor.name} is ${context.actor.role}`,
      {
        needs: role,
      },
    );
  }
  return await context.db.transaction(work);
}
