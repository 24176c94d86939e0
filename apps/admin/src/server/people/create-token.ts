import {
  appendAudit,
  ConfigError,
  type Context,
  type Grant,
  type GrantInput,
  readGrants,
} from "@sluice/config";
import { and, eq, gt, isNull } from "drizzle-orm";
import { newApiToken } from "../auth/api-token.ts";
import { grantsOfAnyRole } from "../auth/grants-of-any-role.ts";
import { apiToken } from "../auth/schema.ts";
import { refuseEscalation } from "./escalation.ts";
import { recordRefused } from "./record-refused.ts";
import { requireSession } from "./require-session.ts";

export interface CreateTokenInput {
  /** For people: what uses it. */
  readonly name: string;
  /** What it may do: what this role allows now, or these grants; one of the two. Never more than its owner may. */
  readonly role?: string | undefined;
  readonly grants?: readonly GrantInput[] | undefined;
  /** 60 to 315,360,000 (ten years). Default 7,776,000 (90 days). */
  readonly lifetimeS?: number | undefined;
}

export interface CreatedToken {
  readonly id: string;
  /** The whole token: shown this once, nowhere stored. */
  readonly token: string;
  readonly grants: readonly Grant[];
  readonly expiresAt: Date;
}

const LIFETIME_S_MAX = 10 * 365 * 86_400;
const TOKENS_MAX = 100;

/** Makes a token that speaks for whoever makes it. Whoever is signed in, and no token. `bad_input`, `forbidden` for more than one has. */
export async function createToken(context: Context, input: CreateTokenInput): Promise<CreatedToken> {
  const name = input.name.trim();
  const action = "token.create";
  await requireSession(context, action, name);
  const lifetimeS = input.lifetimeS ?? 90 * 86_400;
  if (name === "" || name.length > 100) throw bad("a token's name has 1 to 100 characters");
  if (!Number.isInteger(lifetimeS) || lifetimeS < 60 || lifetimeS > LIFETIME_S_MAX)
    throw bad("a token lives from 60 seconds to ten years");
  return await recordRefused(context, { action, subject: name }, async (tx) => {
    const grants = await wantedGrants(input, (role) => grantsOfAnyRole(tx, role));
    refuseEscalation(context, grants, "the token");
    const own = and(eq(apiToken.userId, context.actor.id), isNull(apiToken.revokedAt));
    if ((await tx.$count(apiToken, and(own, gt(apiToken.expiresAt, context.now())))) >= TOKENS_MAX)
      throw bad(`one person has at most ${TOKENS_MAX} tokens; revoke some`);
    const { id, token, hash } = newApiToken();
    const createdAt = context.now();
    const expiresAt = new Date(createdAt.getTime() + lifetimeS * 1000);
    await tx
      .insert(apiToken)
      .values({ id, userId: context.actor.id, name, hash, grants, createdAt, expiresAt });
    const details = { name, grants, expiresAt: expiresAt.toISOString() };
    await appendAudit(tx, context, { action, subject: `token/${id}`, details });
    return { id, token, grants, expiresAt };
  });
}

async function wantedGrants(
  { role, grants }: CreateTokenInput,
  grantsOf: (role: string) => Promise<readonly Grant[]>,
): Promise<readonly Grant[]> {
  if ((role === undefined) === (grants === undefined))
    throw bad("say what the token may do: a role, or permissions, and not both");
  const wanted = role === undefined ? readGrants(grants ?? []) : await grantsOf(role);
  if (wanted.length === 0)
    throw bad(
      role === undefined ? "a token needs at least one permission" : `the role '${role}' allows nothing`,
    );
  return wanted;
}

function bad(message: string): ConfigError {
  return new ConfigError("bad_input", message);
}
