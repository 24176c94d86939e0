import { type Actor, ConfigError, type Context, recordAudit } from "@sluice/config";

/** For what a token may not do in its owner's name, whatever it is allowed: make tokens, change how the owner signs in. */
export async function requireSession(context: Context, action: string, subject = ""): Promise<void> {
  const { token, role }: Actor = context.actor;
  if (token === undefined) return;
  await recordAudit(context, { action, subject, details: { refused: "forbidden", role, token } });
  throw new ConfigError("forbidden", `${action} needs a person who is signed in; this is an API token`);
}
