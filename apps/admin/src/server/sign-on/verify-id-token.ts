import { errors, jwtVerify } from "jose";
import type { Discovered } from "./discover.ts";
import { SIGNING_ALGORITHMS, unreachable } from "./discover.ts";
import type { Claims } from "./read-claims.ts";
import { SignOnFailure } from "./sign-on-failure.ts";

export interface ExpectedToken {
  readonly clientId: string;
  /** Of this sign-on, as it was sent to the provider. */
  readonly nonce: string;
  /** Wall clock. */
  readonly now: () => Date;
}

const CLOCK_TOLERANCE_S = 60;
const REQUIRED = ["iss", "sub", "aud", "exp", "iat"];

/**
 * OpenID Connect Core 1.0 section 3.1.3.7: signature by the provider's own keys, issuer, audience, authorized party, time and nonce.
 * Throws `SignOnFailure`.
 */
export async function verifyIdToken(
  token: string,
  { document, keys }: Pick<Discovered, "document" | "keys">,
  { clientId, nonce, now }: ExpectedToken,
): Promise<Claims> {
  const offered = document.id_token_signing_alg_values_supported ?? ["RS256"];
  const { payload } = await jwtVerify(token, keys, {
    issuer: document.issuer,
    audience: clientId,
    algorithms: offered.filter((algorithm) => SIGNING_ALGORITHMS.includes(algorithm)),
    requiredClaims: REQUIRED,
    clockTolerance: CLOCK_TOLERANCE_S,
    currentDate: now(),
  }).catch((error: unknown) => {
    throw failureOf(error);
  });
  if ((payload.iat ?? 0) > now().getTime() / 1000 + CLOCK_TOLERANCE_S)
    throw new SignOnFailure("clock", `the ID token is issued at ${payload.iat}, which is to come`);
  if (Array.isArray(payload.aud) && payload.aud.length > 1 && payload.azp !== clientId)
    throw new SignOnFailure("token_invalid", "the ID token is for several clients, and azp is not this one");
  if (payload.azp !== undefined && payload.azp !== clientId)
    throw new SignOnFailure("token_invalid", "the ID token was issued to another client (azp)");
  if (payload.nonce !== nonce)
    throw new SignOnFailure("token_invalid", "the ID token is not of this sign-on (nonce)");
  if (typeof payload.sub !== "string" || payload.sub === "" || payload.sub.length > 255)
    throw new SignOnFailure("token_invalid", "the ID token names nobody (sub)");
  return payload;
}

function failureOf(error: unknown): SignOnFailure {
  const why = error instanceof Error ? error.message : String(error);
  const isOfTime =
    error instanceof errors.JWTExpired ||
    (error instanceof errors.JWTClaimValidationFailed &&
      (error.claim === "nbf" || error.claim === "iat") &&
      error.reason === "check_failed");
  if (isOfTime) return new SignOnFailure("clock", why);
  if (error instanceof errors.JWKSTimeout) return unreachable(`keys: ${why}`);
  if (error instanceof errors.JOSEError && error.code !== "ERR_JOSE_GENERIC")
    return new SignOnFailure("token_invalid", why);
  return unreachable(`keys: ${why}`);
}
