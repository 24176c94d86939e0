import { guardedFetch, OutboundError, type OutboundPolicy } from "@sluice/config/outbound";
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { SignOnFailure } from "./sign-on-failure.ts";

/** What a provider says of itself (OpenID Connect Discovery 1.0), as far as it matters here. */
const discoverySchema = z.object({
  issuer: z.string().max(2_000),
  authorization_endpoint: z.string().max(2_000),
  token_endpoint: z.string().max(2_000),
  jwks_uri: z.string().max(2_000),
  userinfo_endpoint: z.string().max(2_000).optional(),
  response_types_supported: z.array(z.string()).optional(),
  scopes_supported: z.array(z.string()).optional(),
  claims_supported: z.array(z.string()).optional(),
  id_token_signing_alg_values_supported: z.array(z.string()).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  code_challenge_methods_supported: z.array(z.string()).optional(),
});

export type Discovery = z.infer<typeof discoverySchema>;

export type GuardedFetch = ReturnType<typeof guardedFetch>;

export interface Discovered {
  readonly document: Discovery;
  /** Fetches the provider's keys when a token names one that is not known yet, and every ten minutes. */
  readonly keys: JWTVerifyGetKey;
  readonly fetch: GuardedFetch;
  /** By how much the provider's clock is ahead of ours, in seconds, as far as its answer told. */
  readonly clockSkewS: number | undefined;
}

export interface DiscoverOptions {
  readonly policy: OutboundPolicy;
  /** Wall clock. */
  readonly now: () => Date;
}

/** Whatever else a provider offers: symmetric ones would make everybody who has the secret an issuer, `none` is no signature. */
export const SIGNING_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
].concat(["ES512", "EdDSA", "Ed25519"]);

const TIMEOUT_MS = 8_000;
const ANSWER_BYTES_MAX = 256 << 10;

/** Asks the provider for its endpoints and keys, by the outbound guard alone. Throws `SignOnFailure`. */
export async function discover(
  { policy, now }: DiscoverOptions,
  { issuer, trust }: { readonly issuer: string; readonly trust: string | undefined },
): Promise<Discovered> {
  const limits = { timeoutMs: TIMEOUT_MS, responseBytesMax: ANSWER_BYTES_MAX };
  const fetch = guardedFetch(policy, trust === undefined ? limits : { ...limits, ca: trust });
  const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const askedAt = now().getTime();
  const { body, headers } = await askJson(fetch, address);
  const parsed = discoverySchema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw unreachable(
      `${address}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "is no discovery document"}`,
    );
  }
  const document = parsed.data;
  if (document.issuer !== issuer)
    throw unreachable(`${address} is of the issuer "${document.issuer}", which is to be given to the letter`);
  for (const endpoint of [document.authorization_endpoint, document.token_endpoint, document.jwks_uri])
    if (!isWeb(endpoint)) throw unreachable(`${address}: "${endpoint}" is no web address`);
  const date = Date.parse(headers.get("date") ?? "");
  return {
    document,
    fetch,
    keys: createRemoteJWKSet(new URL(document.jwks_uri), {
      timeoutDuration: TIMEOUT_MS,
      [customFetch]: fetch,
    }),
    clockSkewS: Number.isNaN(date) ? undefined : Math.round((date - askedAt) / 1000),
  };
}

/** A JSON object from the provider. Throws `SignOnFailure` "provider_unreachable". */
export async function askJson(
  fetch: GuardedFetch,
  address: string,
  init?: RequestInit,
): Promise<{
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}> {
  const answer = await fetch(address, init).catch((error: unknown) => {
    throw unreachable(error instanceof OutboundError ? error.message : String(error));
  });
  const text = await answer.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  if (!isObject || (answer.status !== 200 && !("error" in (body as object))))
    throw unreachable(`${address} answered ${answer.status}${isObject ? "" : " and no JSON object"}`);
  return { status: answer.status, body: body as Readonly<Record<string, unknown>>, headers: answer.headers };
}

export function unreachable(why: string): SignOnFailure {
  return new SignOnFailure("provider_unreachable", why);
}

function isWeb(address: string): boolean {
  return /^https?:$/.test(URL.parse(address)?.protocol ?? "");
}
