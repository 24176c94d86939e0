/** Why a sign-on did not succeed; the sign-in page explains each. */
const SIGN_ON_FAILURES = [
  /** There is no such provider, or it is switched off. */
  "provider_unknown",
  /** Discovery, token, key or userinfo endpoint: no answer, or none that makes sense. */
  "provider_unreachable",
  /** The provider itself said no: the person cancelled, or it does not know us. */
  "provider_refused",
  /** The ID token is not the provider's, not for us, or not of this sign-on. */
  "token_invalid",
  /** The ID token is of another time: a clock is wrong. */
  "clock",
  /** The sign-on took too long, or came back to another browser. */
  "state_lost",
  "email_missing",
  "email_unverified",
  "domain_refused",
  /** The claim with the groups or roles is missing. */
  "claim_missing",
  /** No group or role of the person's leads to a role here. */
  "role_refused",
  /** Nobody here has this e-mail, and accounts are not made. */
  "account_missing",
  /** The account with this e-mail was never linked to the provider, and is not by e-mail. */
  "account_not_linked",
  "account_disabled",
] as const;

export type SignOnFailureCode = (typeof SIGN_ON_FAILURES)[number];

/** Codes of better-auth, and of providers (RFC 6749 section 4.1.2.1), in ours. */
export function nearestCode(error: string): SignOnFailureCode {
  const own = SIGN_ON_FAILURES.find((code) => code === error);
  if (own !== undefined) return own;
  if (error.startsWith("state") || error === "please_restart_the_process") return "state_lost";
  if (error === "oauth_provider_not_found") return "provider_unknown";
  if (["invalid_code", "issuer_mismatch", "issuer_missing", "nonce_binding_missing"].includes(error))
    return "token_invalid";
  return "provider_refused";
}
