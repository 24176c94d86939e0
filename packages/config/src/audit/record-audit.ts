import type { Context } from "../contract.ts";
import { appendAudit } from "./append-audit.ts";

export interface AuditInput {
  readonly action: string;
  readonly subject: string;
  readonly details?: unknown;
}

/** For verbs that live in other rooms (users, tokens, sessions): writes one event in the caller's name. Secrets have no place
 * in `details`. The verbs of this package write their own. */
export async function recordAudit(context: Context, input: AuditInput): Promise<void> {
  await appendAudit(context.db, context, input);
}
