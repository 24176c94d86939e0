import { authorize, type Context } from "@sluice/config";
import type { OutboundPolicy } from "@sluice/config/outbound";
import { checkIssuer, checkTrust } from "./check-provider.ts";
import { askJson, type Discovered, discover, SIGNING_ALGORITHMS } from "./discover.ts";
import { SignOnFailure } from "./sign-on-failure.ts";

export interface TestProviderInput {
  readonly issuer: string;
  readonly scopes?: readonly string[] | undefined;
  readonly rolesClaim?: string | undefined;
  readonly trust?: string | undefined;
}

export interface ProviderTest {
  /** Whether people could be sent there, and what comes back be checked. */
  readonly works: boolean;
  /** What it found, in the order in which it looked. */
  readonly findings: readonly Finding[];
}

export interface Finding {
  readonly about:
    | "discovery"
    | "authorization"
    | "token"
    | "userinfo"
    | "keys"
    | "signatures"
    | "pkce"
    | "scopes"
    | "claims"
    | "clock";
  readonly state: "fine" | "doubt" | "wrong";
  /** One line. */
  readonly text: string;
}

const SKEW_S_MAX = 30;

/** Runs discovery against a provider, set up or not yet, and says what it found. Needs settings.manage. `bad_input`. */
export async function testProvider(
  context: Context,
  policy: OutboundPolicy,
  input: TestProviderInput,
): Promise<ProviderTest> {
  await authorize(context, { permission: "settings.manage", action: "sign_on.test", subject: input.issuer });
  const issuer = checkIssuer(input.issuer);
  const trust = checkTrust(input.trust || undefined);
  const findings: Finding[] = [];
  try {
    const discovered = await discover({ policy, now: context.now }, { issuer, trust });
    findings.push(...judge(discovered, input), await judgeKeys(discovered));
  } catch (error) {
    if (!(error instanceof SignOnFailure)) throw error;
    findings.push({ about: "discovery", state: "wrong", text: error.message });
  }
  return { works: findings.every(({ state }) => state !== "wrong"), findings };
}

function judge(
  { document, clockSkewS }: Discovered,
  { scopes = [], rolesClaim }: TestProviderInput,
): Finding[] {
  const algorithms = document.id_token_signing_alg_values_supported ?? ["RS256"];
  const usable = algorithms.filter((algorithm) => SIGNING_ALGORITHMS.includes(algorithm));
  const methods = document.code_challenge_methods_supported;
  const unknownScopes = scopes.filter((scope) => document.scopes_supported?.includes(scope) === false);
  const wanted = [
    "email",
    "email_verified",
    ...(rolesClaim === undefined ? [] : [rolesClaim.split(".")[0] ?? ""]),
  ];
  const unknownClaims = wanted.filter((claim) => document.claims_supported?.includes(claim) === false);
  const fine = (about: Finding["about"], text: string): Finding => ({ about, state: "fine", text });
  const doubt = (about: Finding["about"], text: string): Finding => ({ about, state: "doubt", text });
  return [
    fine("discovery", document.issuer),
    fine("authorization", document.authorization_endpoint),
    fine("token", document.token_endpoint),
    document.userinfo_endpoint === undefined
      ? doubt("userinfo", "none: every claim has to be in the ID token")
      : fine("userinfo", document.userinfo_endpoint),
    usable.length > 0
      ? fine("signatures", usable.join(", "))
      : { about: "signatures", state: "wrong", text: `none that can be checked: ${algorithms.join(", ")}` },
    methods?.includes("S256") === true
      ? fine("pkce", "S256")
      : doubt("pkce", "not said to be supported; S256 is sent all the same"),
    unknownScopes.length > 0
      ? doubt("scopes", `not among those it lists: ${unknownScopes.join(", ")}`)
      : fine("scopes", scopes.join(" ")),
    unknownClaims.length > 0
      ? doubt("claims", `not among those it lists: ${unknownClaims.join(", ")}`)
      : fine("claims", wanted.join(", ")),
    clockSkewS !== undefined && Math.abs(clockSkewS) > SKEW_S_MAX
      ? { about: "clock", state: "doubt", text: `${clockSkewS} s apart from this server's` }
      : fine("clock", clockSkewS === undefined ? "not told" : `${clockSkewS} s apart`),
  ];
}

async function judgeKeys({ document, fetch }: Discovered): Promise<Finding> {
  const { status, body } = await askJson(fetch, document.jwks_uri);
  const count = status === 200 && Array.isArray(body.keys) ? body.keys.length : 0;
  return count > 0
    ? { about: "keys", state: "fine", text: `${count} at ${document.jwks_uri}` }
    : { about: "keys", state: "wrong", text: `${document.jwks_uri} has no keys` };
}
