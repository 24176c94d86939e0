import {
  authorize,
  authorizeRead,
  type Context as ConfigContext,
  ConfigError,
  recordRefusal,
} from "@sluice/config";
import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import type { SignedIn } from "../auth/session.ts";
import type { Services } from "../services.ts";
import { configErrorOf, isUnstorable, trpcCodeOf } from "./config-error.ts";

/** Of one request, or of one WebSocket for as long as it lives. */
export interface RequestContext {
  readonly services: Services;
  readonly session: SignedIn | undefined;
}

const t = initTRPC.context<RequestContext>().create({
  // Dates and bigints (span times) cross as themselves.
  transformer: superjson,
  sse: { enabled: false },
  errorFormatter({ shape, error }) {
    const config = configErrorOf(error.cause);
    const unexpected = error.code === "INTERNAL_SERVER_ERROR";
    return {
      ...shape,
      // Words of our own refusals reach the user; those of a crash stay in the log.
      message: unexpected ? "Something went wrong on the server; its log says what." : shape.message,
      data: {
        code: shape.data.code,
        httpStatus: shape.data.httpStatus,
        path: shape.data.path,
        config: config && { code: config.code, details: config.details },
      },
    };
  },
});

export const router = t.router;

const SECOND_FACTOR_FIRST =
  "A second factor is compulsory here: set up an authenticator app or a passkey on your profile page first.";

/** The one place where a refusal of a verb becomes a status. */
const mapErrors = t.middleware(async ({ ctx, next, path }) => {
  const result = await next();
  if (result.ok) return result;
  const refusal = configErrorOf(result.error.cause);
  if (refusal)
    throw new TRPCError({
      code: trpcCodeOf(refusal.code),
      message: refusal.message,
      cause: result.error.cause,
    });
  if (isUnstorable(result.error))
    throw new TRPCError({
      code: "BAD_REQUEST",
      message: "The input holds a character or a number that cannot be stored.",
    });
  if (result.error.code === "INTERNAL_SERVER_ERROR")
    ctx.services.log.error({ err: result.error.cause ?? result.error, path }, "a request failed");
  return result;
});

/** Under whom the verbs run. */
export function configContext(services: Services, session: SignedIn): ConfigContext {
  return {
    db: services.db,
    sql: services.sql,
    actor: {
      id: session.id,
      name: session.token ? `${session.name} (token ${session.token.name})` : session.name,
      role: session.role,
      grants: session.grants,
      token: session.token?.id,
    },
    now: services.now,
    dataPlane: services.dataPlane,
    ring: services.ring,
  };
}

/** For anybody, signed in or not. */
export const publicProcedure = t.procedure.use(mapErrors);

/** For one's own account: also while a second factor has to be set up before anything else. */
export const accountProcedure = publicProcedure.use(({ ctx, next }) => {
  const { session, services } = ctx;
  if (!session) throw new TRPCError({ code: "UNAUTHORIZED", message: "Sign in first." });
  return next({ ctx: { ...ctx, session, config: configContext(services, session) } });
});

/**
 * For who is signed in. `ctx.config` is what the verbs of @sluice/config take first; they check the permission.
 */
export const procedure = accountProcedure.use(async ({ ctx, next, path, type }) => {
  if (ctx.session.secondFactor?.overdue === true) {
    const refusal = new ConfigError("forbidden", SECOND_FACTOR_FIRST, { needs: "second factor" });
    if (type === "mutation") await recordRefusal(ctx.config, { action: path, subject: "" }, refusal);
    throw refusal;
  }
  return await next();
});

/** For what shows traffic: @sluice/telemetry knows no people, so the permission is asked for here. */
export const telemetryProcedure = procedure.use(async ({ ctx, next, path }) => {
  await authorize(ctx.config, { permission: "telemetry.read", action: path, subject: "" });
  return await next();
});

/** For what calls no verb of @sluice/config and yet tells of the configuration. */
export const readProcedure = procedure.use(async ({ ctx, next, path }) => {
  await authorizeRead(ctx.config, path);
  return await next();
});
