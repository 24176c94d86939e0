import { openSealedSetting } from "@sluice/config";
import { addOAuthServerContext, createAuthMiddleware } from "better-auth/api";
import type { OAuthProvider } from "better-auth/oauth2";
import type { BetterAuthPlugin } from "better-auth/types";
import { eq } from "drizzle-orm";
import { AUTH } from "../auth/auth-paths.ts";
import { signOnProvider } from "../auth/schema.ts";
import type { Services } from "../services.ts";
import { admit } from "./admit.ts";
import { type Discovered, discover } from "./discover.ts";
import { beginningAt, openIdProvider } from "./openid-provider.ts";
import { secretName } from "./providers.ts";
import { redirectOf, refusalOf, SignOnFailure } from "./sign-on-failure.ts";

const DISCOVERED_FOR_MS = 600_000;

export type SignOnServices = Pick<Services, "db" | "now" | "ring"> & {
  readonly environment: Pick<Services["environment"], "outbound">;
};

/** Gives better-auth the providers that an administrator has set up, as they are at each request. */
export function signOnPlugin(services: SignOnServices): BetterAuthPlugin {
  const providers: OAuthProvider[] = [];
  const discoveries = new Map<string, { readonly until: number; readonly discovered: Promise<Discovered> }>();

  /** Kept for ten minutes, failures for none. */
  function discoverOnce(issuer: string, trust: string | undefined): Promise<Discovered> {
    const key = JSON.stringify([issuer, trust]);
    const at = services.now().getTime();
    for (const [other, { until }] of discoveries) if (until <= at) discoveries.delete(other);
    const kept = discoveries.get(key);
    if (kept !== undefined) return kept.discovered;
    const discovered = discover(
      { policy: services.environment.outbound, now: services.now },
      { issuer, trust },
    );
    discoveries.set(key, { until: at + DISCOVERED_FOR_MS, discovered });
    discovered.catch(() => discoveries.delete(key));
    return discovered;
  }

  async function open(id: string): Promise<OAuthProvider> {
    const [row] = await services.db.select().from(signOnProvider).where(eq(signOnProvider.id, id));
    if (row === undefined || !row.enabled)
      throw new SignOnFailure("provider_unknown", `there is no provider '${id}', or it is switched off`);
    const clientSecret = await openSealedSetting(services.db, services.ring, secretName(id));
    const { name, issuer, clientId, scopes, rolesClaim } = row;
    return openIdProvider({
      id,
      name,
      issuer,
      clientId,
      clientSecret,
      scopes,
      wanted: ["email", "email_verified", "name", ...(rolesClaim === null ? [] : [rolesClaim])],
      discovered: () => discoverOnce(issuer, row.trust ?? undefined),
      admit: (claims, subject) => admit(services, row, claims, subject),
      now: services.now,
    });
  }

  function replace(id: string, ...by: readonly OAuthProvider[]): void {
    const at = providers.findIndex((provider) => provider.id === id);
    providers.splice(at < 0 ? providers.length : at, at < 0 ? 0 : 1, ...by);
  }

  return {
    id: "sluice-sign-on",
    init: () => ({ context: { socialProviders: providers } }),
    hooks: {
      before: [
        {
          matcher: ({ path }) => path === AUTH.signOnBegin || path === AUTH.signOnCallback,
          handler: createAuthMiddleware(async (context) => {
            const begins = context.path === AUTH.signOnBegin;
            const id = String(begins ? context.body?.provider : context.params?.id);
            try {
              const provider = await open(id);
              replace(id, provider);
              if (begins) await addOAuthServerContext({ begunAt: beginningAt(provider) });
            } catch (error) {
              replace(id);
              if (!(error instanceof SignOnFailure)) throw error;
              throw begins ? refusalOf(error) : redirectOf(error);
            }
          }),
        },
      ],
    },
  };
}
