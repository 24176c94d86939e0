import { getOAuthState } from "better-auth/api";
import {
  authorizationCodeRequest,
  createAuthorizationURL,
  getOAuth2Tokens,
  type OAuth2Tokens,
  type OAuthProvider,
} from "better-auth/oauth2";
import { askJson, type Discovered, unreachable } from "./discover.ts";
import { type Claims, claimAt } from "./read-claims.ts";
import { redirectOf, refusalOf, SignOnFailure } from "./sign-on-failure.ts";
import { verifyIdToken } from "./verify-id-token.ts";

export interface OpenIdProviderOptions {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined: a public client, which proves itself by PKCE alone. */
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
  /** Claims that the userinfo endpoint is asked for where the ID token lacks them. */
  readonly wanted: readonly string[];
  readonly discovered: () => Promise<Discovered>;
  /** Who signs on, once the provider has proven it: makes or finds the account, or throws `SignOnFailure`. */
  readonly admit: (
    claims: Claims,
    subject: string,
  ) => Promise<{ readonly email: string; readonly name: string }>;
  /** Wall clock. */
  readonly now: () => Date;
}

/**
 * A provider as better-auth takes them: it keeps state, nonce and PKCE verifier, and asks this for addresses, tokens and who it is.
 * Not one of its own `genericOAuth`, whose calls to the outside cannot be led through the outbound guard.
 */
export function openIdProvider(options: OpenIdProviderOptions): OAuthProvider<object> {
  const { id, name, issuer, clientId, clientSecret } = options;
  const client = { clientId, ...(clientSecret === undefined ? {} : { clientSecret }) };

  /** No code goes to another provider than the one that gave it, nor to one that was changed meanwhile. */
  async function requireSameProvider(): Promise<void> {
    const state = await getOAuthState();
    if (state?.serverContext?.begunAt === beginningAt({ id, issuer })) return;
    throw new SignOnFailure("token_invalid", "this sign-on was begun with another provider");
  }

  async function exchange(
    code: string,
    codeVerifier: string | undefined,
    redirectURI: string,
  ): Promise<OAuth2Tokens> {
    const { document, fetch } = await options.discovered();
    const methods = document.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    const authentication = methods.includes("client_secret_basic") ? "basic" : "post";
    const { body, headers } = await authorizationCodeRequest({
      code,
      redirectURI,
      options: client,
      tokenEndpoint: document.token_endpoint,
      ...(codeVerifier === undefined ? {} : { codeVerifier }),
      ...(clientSecret === undefined ? { tokenEndpointAuth: { method: "none" } } : { authentication }),
    });
    const answer = await askJson(fetch, document.token_endpoint, { method: "POST", body, headers });
    if (answer.status !== 200) {
      const why = [answer.body.error, answer.body.error_description].filter(Boolean).join(": ");
      throw new SignOnFailure("provider_refused", `the token endpoint answered ${answer.status} ${why}`);
    }
    return getOAuth2Tokens(answer.body);
  }

  async function identify(
    { idToken, accessToken }: OAuth2Tokens,
    nonce: string | undefined,
  ): Promise<Claims> {
    if (idToken === undefined) throw new SignOnFailure("token_invalid", "the provider gave no ID token");
    if (nonce === undefined) throw new SignOnFailure("token_invalid", "this sign-on has no nonce");
    const discovered = await options.discovered();
    const claims = await verifyIdToken(idToken, discovered, { clientId, nonce, now: options.now });
    const lacks = options.wanted.some((claim) => claimAt(claims, claim) === undefined);
    const address = discovered.document.userinfo_endpoint;
    if (!lacks || address === undefined || accessToken === undefined) return claims;
    const headers = { authorization: `Bearer ${accessToken}`, accept: "application/json" };
    const { status, body } = await askJson(discovered.fetch, address, { headers });
    if (status !== 200) throw unreachable(`${address} answered ${status} ${String(body.error)}`);
    if (body.sub !== claims.sub)
      throw new SignOnFailure("token_invalid", "the userinfo is of somebody else than the ID token");
    return { ...body, ...claims };
  }

  return {
    id,
    name,
    issuer,
    requiresIdTokenNonce: true,
    // Accounts are made by `admit`; a token that a client brings along signs nobody in.
    disableSignUp: true,
    options: { disableSignUp: true, disableIdTokenSignIn: true },
    accountSubject: ({ profile }) => ("sub" in profile && typeof profile.sub === "string" ? profile.sub : ""),
    async createAuthorizationURL({ state, codeVerifier, redirectURI, idTokenNonce }) {
      try {
        const { document } = await options.discovered();
        return await createAuthorizationURL({
          id,
          options: client,
          authorizationEndpoint: document.authorization_endpoint,
          state,
          codeVerifier,
          redirectURI,
          scopes: [...options.scopes],
          ...(idTokenNonce === undefined ? {} : { nonce: idTokenNonce }),
        });
      } catch (error) {
        throw error instanceof SignOnFailure ? refusalOf(error) : error;
      }
    },
    async validateAuthorizationCode({ code, codeVerifier, redirectURI }) {
      try {
        await requireSameProvider();
        return await exchange(code, codeVerifier, redirectURI);
      } catch (error) {
        // Thrown from here it would be told as an invalid code whatever it is; `getUserInfo` is asked next.
        if (error instanceof SignOnFailure) return { raw: { failure: error } };
        throw error;
      }
    },
    async getUserInfo({ expectedIdTokenNonce, ...tokens }) {
      try {
        if (tokens.raw?.failure instanceof SignOnFailure) throw tokens.raw.failure;
        const claims = await identify(tokens, expectedIdTokenNonce);
        const { email, name: called } = await options.admit(claims, String(claims.sub));
        return { user: { email, name: called, emailVerified: true }, data: claims };
      } catch (error) {
        throw error instanceof SignOnFailure ? redirectOf(error) : error;
      }
    },
  };
}

/** What rides along in the state of a sign-on: with whom it was begun. */
export function beginningAt({ id, issuer }: Pick<OAuthProvider, "id" | "issuer">): string {
  return `${id} ${issuer}`;
}
