import { createSecureContext } from "node:tls";
import { ConfigError } from "@sluice/config";
import type { FullSettings, RoleRule, SignOnSettings } from "./sign-on-contract.ts";

const ID = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
/** Kinds of accounts that are no provider's. */
const TAKEN = new Set(["credential", "passkey"]);
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;
const DOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;
const LIST_MAX = 100;

/** The settings with their defaults; `bad_input` for the first thing that is wrong. */
export function checkProvider(input: SignOnSettings): FullSettings {
  const name = input.name.trim();
  const clientId = input.clientId.trim();
  const scopes = [...new Set(["openid", ...(input.scopes ?? ["email", "profile"])])];
  const domains = [...new Set((input.domains ?? []).map((domain) => domain.trim().toLowerCase()))];
  const rolesClaim = input.rolesClaim?.trim() || undefined;
  const roleRules = (input.roleRules ?? []).map(({ value, role }) => ({ value: value.trim(), role }));
  const trust = input.trust?.trim() || undefined;
  if (!ID.test(input.id) || TAKEN.has(input.id))
    throw bad("a provider's id has lower-case letters, digits and dashes, at most 32");
  if (name === "" || name.length > 60) throw bad("a provider's name has 1 to 60 characters");
  if (clientId === "" || clientId.length > 500) throw bad("say the client id that the provider gave");
  if (scopes.length > LIST_MAX || !scopes.every((scope) => SCOPE.test(scope)))
    throw bad("scopes are words without spaces and quotes");
  const noDomain = domains.find((domain) => !DOMAIN.test(domain));
  if (noDomain !== undefined) throw bad(`'${noDomain}' is no domain like example.org`);
  checkRules(rolesClaim, roleRules);
  if (domains.length > LIST_MAX) throw bad(`a provider has at most ${LIST_MAX} domains`);
  return {
    id: input.id,
    name,
    enabled: input.enabled,
    issuer: checkIssuer(input.issuer),
    clientId,
    scopes,
    domains,
    rolesClaim,
    roleRules,
    defaultRole: input.defaultRole || undefined,
    createAccounts: input.createAccounts ?? false,
    linkByEmail: input.linkByEmail ?? false,
    trustEmail: input.trustEmail ?? false,
    trust: checkTrust(trust),
  };
}

/** To the letter as the provider says it: a slash at the end is part of it. */
export function checkIssuer(issuer: string): string {
  const url = URL.parse(issuer);
  const local = url?.hostname === "localhost" || url?.hostname === "127.0.0.1" || url?.hostname === "[::1]";
  if (url === null || (url.protocol !== "https:" && !(url.protocol === "http:" && local)))
    throw bad("the issuer is an address that begins with https://");
  if (url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "" || /\s/.test(issuer))
    throw bad("the issuer is an address without user, query and fragment");
  return issuer;
}

export function checkTrust(pem: string | undefined): string | undefined {
  if (pem === undefined) return undefined;
  try {
    if (!pem.includes("-----BEGIN CERTIFICATE-----")) throw new Error("no certificate");
    createSecureContext({ ca: pem });
  } catch {
    throw bad("the trusted roots are certificates in PEM");
  }
  return pem;
}

function checkRules(rolesClaim: string | undefined, rules: readonly RoleRule[]): void {
  if (rolesClaim !== undefined && rolesClaim.length > 200)
    throw bad("a claim's name has at most 200 characters");
  if (rules.length > LIST_MAX) throw bad(`a provider has at most ${LIST_MAX} rules for roles`);
  if (rules.length > 0 && rolesClaim === undefined)
    throw bad("rules for roles need the claim that they look at");
  if (rules.some(({ value }) => value === "" || value.length > 500))
    throw bad("a rule for a role has a value of 1 to 500 characters");
}

function bad(message: string): ConfigError {
  return new ConfigError("bad_input", message);
}
