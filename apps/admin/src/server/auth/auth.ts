import type { Database } from "@sluice/database";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { APIError, createAuthMiddleware } from "better-auth/api";
import { betterAuth } from "better-auth/minimal";
import { bearer } from "better-auth/plugins/bearer";
import type { Logger } from "pino";
import { ADDRESS_HEADER } from "./address-header.ts";
import * as schema from "./schema.ts";
import type { SignInLimiter } from "./sign-in-limiter.ts";

export const PASSWORD_LENGTH_MIN = 10;
const SIGN_IN_PATH = "/sign-in/email";

export interface AuthOptions {
  readonly db: Database;
  readonly secret: string;
  readonly publicUrl: string | undefined;
  readonly limiter: SignInLimiter;
  readonly log: Logger;
}

export type Auth = ReturnType<typeof createAuth>;

/**
 * Sessions by cookie (browser) or bearer token (CLI). Sign-up is closed: the first user is made at first start, the others
 * by an admin. Passwords are hashed with scrypt.
 */
export function createAuth({ db, secret, publicUrl, limiter, log }: AuthOptions) {
  return betterAuth({
    database: drizzleAdapter(db, { provider: "pg", schema }),
    secret,
    ...(publicUrl === undefined ? {} : { baseURL: publicUrl }),
    basePath: "/api/auth",
    // Without a fixed address the browser's own Host is the only origin: a page elsewhere can never equal it.
    trustedOrigins: async (request) => {
      const host = request?.headers.get("host");
      return publicUrl === undefined && host ? [`http://${host}`] : [];
    },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: PASSWORD_LENGTH_MIN },
    user: { additionalFields: { role: { type: "string", input: false, required: true } } },
    session: { expiresIn: 14 * 86_400, updateAge: 86_400 },
    // Counted by the limiter below, per address and per account.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: "sluice",
      useSecureCookies: publicUrl?.startsWith("https:") ?? false,
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
    },
    telemetry: { enabled: false },
    onAPIError: { onError: () => {} },
    // Refusals are answers, not errors; what really fails is thrown and logged by the server.
    logger: { level: "error", log: (_level, message) => log.debug(message) },
    hooks: {
      before: createAuthMiddleware(async (context) => {
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
        if (context.path !== SIGN_IN_PATH || !context.context.newSession) return;
        await limiter.succeeded(attemptOf(context));
      }),
    },
    plugins: [bearer()],
  });
}

function attemptOf(context: { readonly body?: unknown; readonly headers?: Headers | undefined }) {
  const body = typeof context.body === "object" && context.body !== null ? context.body : {};
  return {
    address: context.headers?.get(ADDRESS_HEADER) ?? "unknown",
    account: "email" in body && typeof body.email === "string" ? body.email : "",
  };
}
