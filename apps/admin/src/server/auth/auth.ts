import { appendAudit } from "@sluice/config";
import type { Database } from "@sluice/database";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { APIError, createAuthMiddleware } from "better-auth/api";
import { betterAuth } from "better-auth/minimal";
import { bearer } from "better-auth/plugins/bearer";
import { twoFactor } from "better-auth/plugins/two-factor";
import type { Logger } from "pino";
import { ADDRESS_HEADER } from "./address-header.ts";
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, passwordProblem } from "./password-problem.ts";
import * as schema from "./schema.ts";
import type { SignInLimiter } from "./sign-in-limiter.ts";

const SIGN_IN_PATH = "/sign-in/email";
const CHANGE_PASSWORD_PATH = "/change-password";
const TWO_FACTOR = {
  enable: "/two-factor/enable",
  disable: "/two-factor/disable",
  totp: "/two-factor/verify-totp",
  backup: "/two-factor/verify-backup-code",
} as const;

export interface AuthOptions {
  readonly db: Database;
  readonly secret: string;
  readonly publicUrl: string | undefined;
  /** Browsers come over TLS. */
  readonly https: boolean;
  readonly limiter: SignInLimiter;
  readonly log: Logger;
  /** Wall clock. */
  readonly now: () => Date;
}

export type Auth = ReturnType<typeof createAuth>;

/**
 * Sessions by cookie (browser) or bearer token (CLI). Sign-up is closed: the first user is made at first start, the others
 * by an admin. Passwords are hashed with scrypt.
 */
export function createAuth({ db, secret, publicUrl, https, limiter, log, now }: AuthOptions) {
  const record = async (
    who: { readonly id: string; readonly name: string },
    action: string,
    subject: string,
    details?: unknown,
  ): Promise<void> => {
    const actor = { id: who.id, name: who.name, role: "" };
    await appendAudit(db, { actor, now }, { action, subject, details });
  };
  return betterAuth({
    database: drizzleAdapter(db, { provider: "pg", schema }),
    secret,
    ...(publicUrl === undefined ? {} : { baseURL: publicUrl }),
    basePath: "/api/auth",
    // Without a fixed address the browser's own Host is the only origin: a page elsewhere can never equal it.
    trustedOrigins: async (request) => {
      const host = request?.headers.get("host");
      return publicUrl === undefined && host ? [`${https ? "https" : "http"}://${host}`] : [];
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_LENGTH_MIN,
      maxPasswordLength: PASSWORD_LENGTH_MAX,
    },
    user: { additionalFields: { role: { type: "string", input: false, required: true } } },
    session: { expiresIn: 14 * 86_400, updateAge: 86_400 },
    // Counted by the limiter below, per address and per account.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: "sluice",
      useSecureCookies: https,
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
    },
    telemetry: { enabled: false },
    onAPIError: { onError: () => {} },
    // Refusals are answers, not errors; what really fails is thrown and logged by the server.
    logger: { level: "error", log: (_level, message) => log.debug(message) },
    hooks: {
      before: createAuthMiddleware(async (context) => {
        if (context.path === CHANGE_PASSWORD_PATH) await refuseWeakPassword(context.body);
        if (context.path !== SIGN_IN_PATH) return;
        const waitSeconds = await limiter.begin(attemptOf(context));
        if (waitSeconds > 0)
          throw new APIError(
            "TOO_MANY_REQUESTS",
            { code: "TOO_MANY_ATTEMPTS", message: `Too many attempts; try again in ${waitSeconds} s.` },
            { "Retry-After": String(waitSeconds) },
          );
      }),
      after: createAuthMiddleware(async (context) => {
        const made = context.context.newSession;
        if (context.path === CHANGE_PASSWORD_PATH && made)
          await record(made.user, "user.own_password", made.user.email);
        if (context.path === TWO_FACTOR.enable || context.path === TWO_FACTOR.disable) {
          const who = made?.user ?? context.context.session?.user;
          const action = context.path === TWO_FACTOR.enable ? "user.two_factor_begin" : "user.two_factor_off";
          if (who && !(context.context.returned instanceof APIError)) await record(who, action, who.email);
        }
        if (context.path === TWO_FACTOR.totp || context.path === TWO_FACTOR.backup) {
          const { address } = attemptOf(context);
          const method = context.path === TWO_FACTOR.totp ? "totp" : "backup code";
          if (made) await record(made.user, "session.second_factor", made.user.email, { address, method });
          else {
            const refused = { refused: "code", address, method };
            await record({ id: "", name: "nobody" }, "session.second_factor", "", refused);
          }
        }
        if (context.path !== SIGN_IN_PATH) return;
        const { account, address } = attemptOf(context);
        if (made) {
          await limiter.succeeded({ account, address });
          const pending = made.user.twoFactorEnabled === true;
          const action = pending ? "session.first_factor" : "session.sign_in";
          await record(made.user, action, made.user.email, { address });
        } else {
          const details = { refused: "credentials", address };
          await record({ id: "", name: "nobody" }, "session.sign_in", account.slice(0, 254), details);
        }
      }),
    },
    // In this order: the second factor takes the session back before its token is told.
    plugins: [twoFactor({ issuer: "Sluice" }), bearer()],
  });
}

async function refuseWeakPassword(body: unknown): Promise<void> {
  const wanted = typeof body === "object" && body !== null && "newPassword" in body ? body.newPassword : "";
  const problem = await passwordProblem(typeof wanted === "string" ? wanted : "");
  if (problem === undefined) return;
  throw new APIError("BAD_REQUEST", {
    code: `PASSWORD_${problem.code.toUpperCase()}`,
    message: problem.message,
  });
}

function attemptOf(context: { readonly body?: unknown; readonly headers?: Headers | undefined }) {
  const body = typeof context.body === "object" && context.body !== null ? context.body : {};
  return {
    address: context.headers?.get(ADDRESS_HEADER) ?? "unknown",
    account: "email" in body && typeof body.email === "string" ? body.email : "",
  };
}
