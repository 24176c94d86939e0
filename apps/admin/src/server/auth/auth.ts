import { passkey } from "@better-auth/passkey";
import type { KeyRing } from "@sluice/config";
import type { OutboundPolicy } from "@sluice/config/outbound";
import type { Database } from "@sluice/database";
import type { GenericEndpointContext } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { APIError, createAuthMiddleware } from "better-auth/api";
import { betterAuth } from "better-auth/minimal";
import { bearer } from "better-auth/plugins/bearer";
import { twoFactor } from "better-auth/plugins/two-factor";
import type { Logger } from "pino";
import { isLastAdminWithApp } from "../people/local-admin.ts";
import { signOnPlugin } from "../sign-on/sign-on-plugin.ts";
import { ADDRESS_HEADER } from "./address-header.ts";
import { attemptOf } from "./attempt.ts";
import { AUTH } from "./auth-paths.ts";
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, passwordProblem } from "./password-problem.ts";
import { recordAttempt } from "./record-attempt.ts";
import { refuseSession } from "./refuse-session.ts";
import * as schema from "./schema.ts";
import type { SignInLimiter } from "./sign-in-limiter.ts";

/** How old a session may be with which a passkey is added. */
const FRESH_S = 900;

export interface AuthOptions {
  readonly db: Database;
  readonly secret: string;
  readonly publicUrl: string | undefined;
  /** Browsers come over TLS. */
  readonly https: boolean;
  readonly limiter: SignInLimiter;
  /** Opens the client secrets of OpenID providers. */
  readonly ring: KeyRing;
  /** Where OpenID providers may be. */
  readonly outbound: OutboundPolicy;
  readonly log: Logger;
  /** Wall clock. */
  readonly now: () => Date;
}

export type Auth = ReturnType<typeof createAuth>;

/**
 * Sessions by cookie (browser) or bearer token (CLI). Sign-up is closed: the first user is made at first start, the others
 * by an admin. Passwords are hashed with scrypt.
 */
export function createAuth(options: AuthOptions) {
  const { db, secret, publicUrl, https, limiter, log, now } = options;
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
    user: {
      additionalFields: {
        role: { type: "string", input: false, required: true },
        disabledAt: { type: "date", input: false, required: false },
      },
    },
    account: {
      // Whose account a sign-on opens is decided in `sign-on/admit.ts` alone, and no token of a provider is kept.
      accountLinking: { enabled: false },
      updateAccountOnSignIn: false,
    },
    databaseHooks: {
      user: {
        update: {
          before: async (changed, context) => {
            if (changed.twoFactorEnabled === false) await keepTheLastApp(db, context);
          },
        },
      },
      session: {
        create: { before: (session, context) => refuseSession({ db, now }, session.userId, context) },
      },
    },
    session: { expiresIn: 14 * 86_400, updateAge: 86_400, freshAge: FRESH_S },
    // Counted by the limiter below, per address and per account.
    rateLimit: { enabled: false },
    advanced: {
      // better-auth's own prefix is the weaker `__Secure-`.
      useSecureCookies: false,
      cookiePrefix: https ? "__Host-sluice" : "sluice",
      defaultCookieAttributes: { secure: https },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
    },
    telemetry: { enabled: false },
    onAPIError: { onError: () => {}, errorURL: "/sign-in" },
    // Refusals are answers, not errors; what really fails is thrown and logged by the server.
    logger: { level: "error", log: (_level, message) => log.debug(message) },
    hooks: {
      before: createAuthMiddleware(async (context) => {
        if (context.path === AUTH.changePassword) await refuseWeakPassword(context.body);
        await countAttempt(limiter, context);
      }),
      after: createAuthMiddleware((context) => recordAttempt({ db, limiter, now }, context)),
    },
    // The last two in this order: the second factor takes the session back before its token is told.
    plugins: [
      signOnPlugin({ db, now, ring: options.ring, environment: { outbound: options.outbound } }),
      passkey({
        rpName: "Sluice",
        // Known by the authenticator and opened there by PIN or biometrics: two factors in one.
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        registration: {
          afterVerification: ({ verification }) => requireUserVerified(verification.registrationInfo),
        },
        authentication: {
          afterVerification: ({ verification }) => requireUserVerified(verification.authenticationInfo),
        },
        advanced: { webAuthnChallengeCookie: "passkey" },
      }),
      twoFactor({ issuer: "Sluice" }),
      bearer(),
    ],
  });
}

/** Where signing in begins: before the password is looked at, before a provider is asked, before a challenge is made. */
async function countAttempt(limiter: SignInLimiter, context: GenericEndpointContext): Promise<void> {
  const { address, account } = attemptOf(context);
  const named = context.path === AUTH.signIn;
  if (!named && context.path !== AUTH.signOnBegin && context.path !== AUTH.passkeyBegin) return;
  const waitSeconds = await limiter.begin(named ? { address, account } : { address });
  if (waitSeconds === 0) return;
  throw new APIError(
    "TOO_MANY_REQUESTS",
    { code: "TOO_MANY_ATTEMPTS", message: `Too many attempts; try again in ${waitSeconds} s.` },
    { "Retry-After": String(waitSeconds) },
  );
}

/** Where a second factor is compulsory, the last administrator with an app keeps it: its backup codes are the way in. */
async function keepTheLastApp(db: Database, context: GenericEndpointContext | null): Promise<void> {
  const id = context?.context.session?.user.id;
  if (id === undefined || !(await isLastAdminWithApp(db, id))) return;
  throw new APIError("FORBIDDEN", {
    code: "LAST_APP",
    message:
      "A second factor is compulsory and yours is the last app of an administrator: set one up for another first.",
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

/** better-auth only prefers it. */
function requireUserVerified(info: { readonly userVerified: boolean } | undefined): void {
  if (info?.userVerified === true) return;
  throw new APIError("UNAUTHORIZED", {
    code: "USER_NOT_VERIFIED",
    message: "The passkey was used without PIN or biometrics.",
  });
}
