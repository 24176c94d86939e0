import {
  appendAudit,
  authorize,
  ConfigError,
  type Context,
  change,
  forgetSealedSetting,
  grantsOfRole,
  keepSealedSetting,
  sealedSettingNames,
} from "@sluice/config";
import { count, eq } from "drizzle-orm";
import { account, signOnPolicy, signOnProvider } from "../auth/schema.ts";
import { refuseEscalation } from "../people/escalation.ts";
import { requireRole } from "../people/require-role.ts";
import type { Services } from "../services.ts";
import { checkProvider } from "./check-provider.ts";
import { readSecondFactor } from "./second-factor-policy.ts";
import type {
  PasswordSignIn,
  SignOnChoices,
  SignOnProvider,
  SignOnSettings,
  SignOnState,
} from "./sign-on-contract.ts";

const SECRETS = "sign-on/";

export type ProviderRow = typeof signOnProvider.$inferSelect;

/** Providers by name, without their secrets, and who may sign in with a password. Needs settings.manage. */
export async function listProviders(context: Context): Promise<SignOnState> {
  await authorize(context, { permission: "settings.manage", action: "sign_on.list", subject: "" });
  const { db } = context;
  const [rows, used, secrets, passwordSignIn, secondFactor] = await Promise.all([
    db.select().from(signOnProvider).orderBy(signOnProvider.name),
    db.select({ id: account.providerId, accounts: count() }).from(account).groupBy(account.providerId),
    sealedSettingNames(db, SECRETS),
    readPasswordSignIn(db),
    readSecondFactor(db),
  ]);
  const accounts = new Map(used.map((row) => [row.id, row.accounts]));
  const providers = rows.map((row) =>
    shown(row, { hasSecret: secrets.has(secretName(row.id)), accounts: accounts.get(row.id) ?? 0 }),
  );
  return { providers, passwordSignIn, secondFactor };
}

/** For the sign-in page, before anybody is signed in. */
export async function signOnChoices({ db }: Pick<Services, "db">): Promise<SignOnChoices> {
  const providers = await db
    .select({ id: signOnProvider.id, name: signOnProvider.name })
    .from(signOnProvider)
    .where(eq(signOnProvider.enabled, true))
    .orderBy(signOnProvider.name);
  return { providers, passwordSignIn: await readPasswordSignIn(db) };
}

export interface PutProviderInput extends SignOnSettings {
  /** Stored sealed, never shown again. Undefined: as it is; "": none, for a public client. */
  readonly clientSecret?: string | undefined;
}

/**
 * Adds a provider, or changes all settings of one. Needs settings.manage, and every permission there is: whoever rules a provider
 * decides whom it calls whom. Another issuer or client is another provider: the accounts that signed on with the old one are no
 * longer linked, and the secret is to be given again. `bad_input`, `not_found` (a role).
 */
export async function putProvider(context: Context, input: PutProviderInput): Promise<SignOnProvider> {
  const subject = `sign-on/${input.id}`;
  const attempt = { permission: "settings.manage", action: "sign_on.put", subject } as const;
  return await change(context, attempt, async (tx) => {
    const settings = checkProvider(input);
    refuseEscalation(context, grantsOfRole("admin"), "a provider opens every account, so that it");
    const { id } = settings;
    for (const role of [...settings.roleRules.map((rule) => rule.role), settings.defaultRole])
      if (role !== undefined) await requireRole(tx, role);
    const [before] = await tx.select().from(signOnProvider).where(eq(signOnProvider.id, id)).for("update");
    const moved =
      before !== undefined && (before.issuer !== settings.issuer || before.clientId !== settings.clientId);
    const secretKept = input.clientSecret === undefined;
    const hadSecret = (await sealedSettingNames(tx, SECRETS)).has(secretName(id));
    if (moved && secretKept && hadSecret)
      throw new ConfigError(
        "bad_input",
        "give the client secret again: it is not sent to another provider than before",
      );
    if (input.clientSecret === "") await forgetSealedSetting(tx, secretName(id));
    else if (input.clientSecret !== undefined)
      await keepSealedSetting(tx, context.ring, secretName(id), input.clientSecret);
    const unlinked = moved ? await unlink(tx, id) : 0;
    const { rolesClaim = null, defaultRole = null, trust = null, ...rest } = settings;
    const values = {
      ...rest,
      rolesClaim,
      defaultRole,
      trust,
      updatedAt: context.now(),
      updatedBy: context.actor.name,
    };
    const [row] = await tx
      .insert(signOnProvider)
      .values(values)
      .onConflictDoUpdate({ target: signOnProvider.id, set: values })
      .returning();
    if (row === undefined) throw new Error("a provider was not stored");
    const details = {
      before: before && told(before),
      after: told(row),
      unlinked,
      secretChanged: !secretKept,
    };
    await appendAudit(tx, context, { ...attempt, details });
    const accounts = await tx.$count(account, eq(account.providerId, id));
    return shown(row, { hasSecret: secretKept ? hadSecret : input.clientSecret !== "", accounts });
  });
}

/** Nobody signs on with it any more; accounts stay, without their link to it. Needs settings.manage. `not_found`. */
export async function removeProvider(context: Context, id: string): Promise<{ readonly unlinked: number }> {
  const attempt = {
    permission: "settings.manage",
    action: "sign_on.remove",
    subject: `sign-on/${id}`,
  } as const;
  return await change(context, attempt, async (tx) => {
    const gone = await tx.delete(signOnProvider).where(eq(signOnProvider.id, id)).returning();
    if (gone.length === 0) throw new ConfigError("not_found", `there is no provider '${id}'`);
    await forgetSealedSetting(tx, secretName(id));
    const unlinked = await unlink(tx, id);
    await appendAudit(tx, context, { ...attempt, details: { unlinked } });
    return { unlinked };
  });
}

/** Who may sign in with a password from now on; who is signed in stays so. Needs settings.manage. */
export async function setPasswordSignIn(context: Context, passwordSignIn: PasswordSignIn): Promise<void> {
  const attempt = { permission: "settings.manage", action: "sign_on.password", subject: "sign-on" } as const;
  await change(context, attempt, async (tx) => {
    const before = await readPasswordSignIn(tx);
    await tx
      .insert(signOnPolicy)
      .values({ passwordSignIn })
      .onConflictDoUpdate({ target: signOnPolicy.id, set: { passwordSignIn } });
    await appendAudit(tx, context, { ...attempt, details: { before, after: passwordSignIn } });
  });
}

export async function readPasswordSignIn(db: Pick<Services["db"], "select">): Promise<PasswordSignIn> {
  const [row] = await db.select().from(signOnPolicy);
  return row?.passwordSignIn ?? "everyone";
}

export function secretName(id: string): string {
  return `${SECRETS}${id}`;
}

async function unlink(tx: Pick<Services["db"], "delete">, id: string): Promise<number> {
  const gone = await tx.delete(account).where(eq(account.providerId, id)).returning({ id: account.id });
  return gone.length;
}

function shown(
  { rolesClaim, defaultRole, trust, ...row }: ProviderRow,
  facts: { readonly hasSecret: boolean; readonly accounts: number },
): SignOnProvider {
  return {
    ...row,
    rolesClaim: rolesClaim ?? undefined,
    defaultRole: defaultRole ?? undefined,
    trust: trust ?? undefined,
    ...facts,
  };
}

/** Of a provider what the audit log says. */
function told({ updatedAt: _, updatedBy: __, ...settings }: ProviderRow) {
  return settings;
}
