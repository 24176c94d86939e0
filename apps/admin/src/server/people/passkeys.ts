import { appendAudit, ConfigError, type Context } from "@sluice/config";
import { and, eq } from "drizzle-orm";
import { passkey } from "../auth/schema.ts";
import { recordRefused } from "./record-refused.ts";
import { requireSession } from "./require-session.ts";

export interface PasskeyState {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date | undefined;
  /** Whether it is kept in more than one place, as by a password manager. */
  readonly backedUp: boolean;
}

const NAME_MAX = 60;

/** One's own passkeys, oldest first. They are added in a browser: `/api/auth/passkey/*`. */
export async function listPasskeys(context: Context): Promise<readonly PasskeyState[]> {
  const rows = await context.db
    .select()
    .from(passkey)
    .where(eq(passkey.userId, context.actor.id))
    .orderBy(passkey.createdAt);
  return rows.map(({ id, name, createdAt, backedUp }) => ({
    id,
    name: name ?? "",
    createdAt: createdAt ?? undefined,
    backedUp,
  }));
}

/** Of one's own. Whoever is signed in, and no token. `not_found`, `bad_input`. */
export async function renamePasskey(context: Context, id: string, name: string): Promise<void> {
  const action = "user.passkey_rename";
  await requireSession(context, action);
  const after = name.trim();
  if (after === "" || after.length > NAME_MAX)
    throw new ConfigError("bad_input", `a passkey's name has 1 to ${NAME_MAX} characters`);
  await recordRefused(context, { action, subject: context.actor.name }, async (tx) => {
    const changed = await tx.update(passkey).set({ name: after }).where(own(context, id)).returning();
    if (changed.length === 0) throw gone();
    await appendAudit(tx, context, { action, subject: context.actor.name, details: { name: after } });
  });
}

/** Of one's own: it opens nothing any more. Whoever is signed in, and no token. `not_found`. */
export async function removePasskey(context: Context, id: string): Promise<void> {
  const action = "user.passkey_remove";
  await requireSession(context, action);
  await recordRefused(context, { action, subject: context.actor.name }, async (tx) => {
    const [removed] = await tx.delete(passkey).where(own(context, id)).returning();
    if (removed === undefined) throw gone();
    await appendAudit(tx, context, { action, subject: context.actor.name, details: { name: removed.name } });
  });
}

function own({ actor }: Context, id: string) {
  return and(eq(passkey.id, id), eq(passkey.userId, actor.id));
}

function gone(): ConfigError {
  return new ConfigError("not_found", "there is no such passkey of yours");
}
