import type { RoleRule } from "./sign-on-contract.ts";
import { SignOnFailure } from "./sign-on-failure.ts";

/** What a provider says of somebody, from an ID token that was verified and the userinfo that belongs to it. */
export type Claims = Readonly<Record<string, unknown>>;

interface EmailRules {
  readonly domains: readonly string[];
  readonly trustEmail: boolean;
}

/** The e-mail, in lower case, once it is sure that it is the person's and may sign on. Throws `SignOnFailure`. */
export function readEmail(claims: Claims, { domains, trustEmail }: EmailRules): string {
  const email = typeof claims.email === "string" ? claims.email.trim().toLowerCase() : "";
  if (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 254)
    throw new SignOnFailure("email_missing", "the provider told no e-mail");
  const said = claims.email_verified;
  const verified = said === undefined || said === null ? trustEmail : said === true || said === "true";
  if (!verified) {
    const why =
      said === undefined ? "says nothing of whether it is verified" : "says that it is not verified";
    throw new SignOnFailure("email_unverified", `${email}: the provider ${why}`);
  }
  const domain = email.slice(email.lastIndexOf("@") + 1);
  if (domains.length > 0 && !domains.includes(domain))
    throw new SignOnFailure("domain_refused", `the domain ${domain} is not among those allowed`, email);
  return email;
}

interface RoleRules {
  readonly rolesClaim: string | undefined;
  readonly roleRules: readonly RoleRule[];
  readonly defaultRole: string | undefined;
}

/** The role that the claims give, by the first rule that fits; undefined where roles are not the provider's affair. Throws `SignOnFailure`. */
export function readRole(claims: Claims, email: string, rules: RoleRules): string | undefined {
  const { rolesClaim, roleRules, defaultRole } = rules;
  if (rolesClaim === undefined) return undefined;
  const found = claimAt(claims, rolesClaim);
  const values = valuesOf(found);
  const role = roleRules.find(({ value }) => values.includes(value))?.role ?? defaultRole;
  if (role !== undefined) return role;
  if (found === undefined) throw new SignOnFailure("claim_missing", `there is no claim ${rolesClaim}`, email);
  const shown = values.slice(0, 20).join(", ").slice(0, 500);
  throw new SignOnFailure("role_refused", `${rolesClaim} has [${shown}], for which there is no role`, email);
}

/** A claim of that very name (names may be addresses), or, with dots, one inside another. */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let at: unknown = claims;
  for (const key of name.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Claims)[key];
  }
  return at;
}

function valuesOf(claim: unknown): readonly string[] {
  return (Array.isArray(claim) ? claim : [claim]).filter((value) => typeof value === "string");
}
