import { appendAudit } from "@sluice/config";
import type { Database } from "@sluice/database";
import type { GenericEndpointContext } from "better-auth";
import { APIError } from "better-auth/api";
import { failureBehind } from "../sign-on/sign-on-failure.ts";
import { attemptOf } from "./attempt.ts";
import { AUTH } from "./auth-paths.ts";
import { refusalIn } from "./refuse-session.ts";
import type { SignInLimiter } from "./sign-in-limiter.ts";

export interface RecordTools {
  readonly db: Database;
  readonly limiter: SignInLimiter;
  /** Wall clock. */
  readonly now: () => Date;
}

interface Who {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** In a hook that runs afterwards. */
type Answered = GenericEndpointContext & { readonly context: { readonly returned?: unknown } };

const NOBODY = { id: "", name: "nobody" };
/** Codes of better-auth for what was begun by nobody: no attempt, and the log is not for whoever likes to fill it. */
const UNASKED = new Set(["INVALID_TWO_FACTOR_COOKIE", "CHALLENGE_NOT_FOUND"]);

/** Writes to the audit log what became of an attempt to sign in, or of a change of how one signs in, once it is known. */
export async function recordAttempt(tools: RecordTools, context: Answered): Promise<void> {
  const { newSession: made, returned, session } = context.context;
  const refused = returned instanceof APIError;
  const own = made?.user ?? session?.user;
  switch (context.path) {
    case AUTH.changePassword:
      if (made) await write(tools, made.user, "user.own_password");
      return;
    case AUTH.twoFactorOn:
      if (own && !refused) await write(tools, own, "user.two_factor_begin");
      return;
    case AUTH.twoFactorOff:
      if (own && !refused) await write(tools, own, "user.two_factor_off");
      return;
    case AUTH.passkeyAdd:
      if (own && !refused) await write(tools, own, "user.passkey_add");
      return;
    case AUTH.totp:
      return await recordProof(tools, context, "session.second_factor", "totp");
    case AUTH.backupCode:
      return await recordProof(tools, context, "session.second_factor", "backup code");
    case AUTH.passkeySignIn:
      return await recordProof(tools, context, "session.sign_in", "passkey");
    case AUTH.signOnBegin:
    case AUTH.signOnCallback:
      return await recordSignOn(tools, context);
    case AUTH.signIn:
      return await recordPassword(tools, context);
  }
}

async function recordPassword(tools: RecordTools, context: Answered): Promise<void> {
  const { newSession: made, returned } = context.context;
  const { account, address } = attemptOf(context);
  if (!made) {
    const details = { refused: refusalIn(returned) ?? "credentials", address };
    return await write(tools, undefined, "session.sign_in", details, account.slice(0, 254));
  }
  await tools.limiter.succeeded({ account, address });
  const action = made.user.twoFactorEnabled === true ? "session.first_factor" : "session.sign_in";
  await write(tools, made.user, action, { address });
}

/** Of what one has: an app, a list of codes, a passkey. */
async function recordProof(
  tools: RecordTools,
  context: Answered,
  action: string,
  method: string,
): Promise<void> {
  const { newSession: made, returned } = context.context;
  const { address } = attemptOf(context);
  if (made) {
    if (context.path === AUTH.passkeySignIn) await tools.limiter.succeeded({ address });
    return await write(tools, made.user, action, { address, method });
  }
  const code = returned instanceof APIError ? returned.body?.code : undefined;
  if (code !== undefined && UNASKED.has(code)) return;
  const refused = refusalIn(returned) ?? (method === "passkey" ? "passkey" : "code");
  await write(tools, undefined, action, { refused, address, method });
}

async function recordSignOn(tools: RecordTools, context: Answered): Promise<void> {
  const { newSession: made, returned } = context.context;
  const { address } = attemptOf(context);
  const begins = context.path === AUTH.signOnBegin;
  const provider = String(begins ? context.body?.provider : context.params?.id);
  if (made) {
    await tools.limiter.succeeded({ address });
    return await write(tools, made.user, "session.sign_in", { address, provider });
  }
  const failure = failureBehind(returned);
  // Whoever comes back without having been sent tells nothing that is worth a line.
  if (failure === undefined || failure.code === "state_lost") return;
  if (!begins && failure.code === "provider_unknown") return;
  const why = failure.message.slice(0, 1_000);
  const details = { refused: failure.code, why, address, provider };
  await write(tools, undefined, "session.sign_in", details, failure.email ?? "");
}

async function write(
  { db, now }: RecordTools,
  who: Who | undefined,
  action: string,
  details?: object,
  subject = who?.email ?? "",
): Promise<void> {
  const { id, name } = who ?? NOBODY;
  await appendAudit(db, { actor: { id, name, role: "" }, now }, { action, subject, details });
}
