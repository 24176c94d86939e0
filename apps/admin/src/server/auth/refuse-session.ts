import type { Database } from "@sluice/database";
import type { GenericEndpointContext } from "better-auth";
import { APIError } from "better-auth/api";
import { eq } from "drizzle-orm";
import { readPasswordSignIn } from "../sign-on/providers.ts";
import { AUTH } from "./auth-paths.ts";
import { user } from "./schema.ts";
import { needsPasskey, readStandings } from "./second-factor-duty.ts";
import { takeCode } from "./take-code.ts";

const REFUSALS = {
  ACCOUNT_DISABLED: "This account is disabled; ask an administrator.",
  PASSWORD_SIGN_IN_OFF:
    "Only administrators sign in with a password here; use the provider of your organisation.",
  PASSKEY_NEEDED: "A second factor is compulsory here and yours is a passkey: sign in with it.",
  CODE_USED: "This code was used already; wait for the next one.",
} as const;

/**
 * Before any session is made, however somebody came: after password, code, passkey or provider were right, so that it tells nobody
 * else anything. Throws an `APIError`.
 */
export async function refuseSession(
  { db, now }: { readonly db: Database; readonly now: () => Date },
  userId: string,
  context: GenericEndpointContext | null,
): Promise<void> {
  const [person] = await db
    .select({ role: user.role, disabledAt: user.disabledAt })
    .from(user)
    .where(eq(user.id, userId));
  if (person === undefined || person.disabledAt !== null) throw refusal("ACCOUNT_DISABLED");
  const { path, body } = context ?? {};
  if (path === AUTH.totp && context !== null) {
    const code = typeof body?.code === "string" ? body.code : "";
    if (!(await takeCode(db, { userId, code, key: context.context.secretConfig, now: now() })))
      throw refusal("CODE_USED", "UNAUTHORIZED");
  }
  if (path !== AUTH.signIn) return;
  const [standing] = await readStandings(db, userId);
  if (standing !== undefined && needsPasskey(standing, now())) throw refusal("PASSKEY_NEEDED");
  if (person.role === "admin") return;
  if ((await readPasswordSignIn(db)) !== "everyone") throw refusal("PASSWORD_SIGN_IN_OFF");
}

/** Which of these refusals it is, in the audit log's words. */
export function refusalIn(returned: unknown): string | undefined {
  const code = returned instanceof APIError ? returned.body?.code : undefined;
  return code !== undefined && Object.hasOwn(REFUSALS, code) ? code.toLowerCase() : undefined;
}

function refusal(code: keyof typeof REFUSALS, status: "FORBIDDEN" | "UNAUTHORIZED" = "FORBIDDEN"): APIError {
  return new APIError(status, { code, message: REFUSALS[code] });
}
