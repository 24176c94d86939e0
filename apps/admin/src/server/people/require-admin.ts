import { ConfigError, type Context, recordAudit } from "@sluice/config";

/** Refuses everybody else; the refused attempt is on record. */
export async function requireAdmin(context: Context, action: string, subject: string): Promise<void> {
  if (context.actor.role === "admin") return;
  await recordAudit(context, {
    action,
    subject,
    details: { refused: "forbidden", role: context.actor.role },
  });
  throw new ConfigError(
    "forbidden",
    `${action} needs the role admin; ${context.actor.name} is ${context.actor.role}`,
    { needs: "admin" },
  );
}
