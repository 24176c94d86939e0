import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startOpenIdProvider, type TestOpenIdProvider } from "@sluice/harness/openid-provider";
import { ADMIN, startDashboard, type TestDashboard } from "../testing/start-dashboard.ts";
import type { PutProviderInput } from "./providers.ts";
import type { SignOnChoices, SignOnState } from "./sign-on-contract.ts";
import type { ProviderTest } from "./test-provider.ts";

let dashboard: TestDashboard;
let provider: TestOpenIdProvider;
let admin: string;
before(async () => {
  dashboard = await startDashboard({ SLUICE_OUTBOUND_ALLOW: "127.0.0.1" });
  provider = await startOpenIdProvider([
    `${dashboard.base}/api/auth/callback/corp`,
    `${dashboard.base}/api/auth/callback/other`,
  ]);
  admin = await dashboard.tokenOf(ADMIN);
});
after(async () => {
  await provider?.close();
  await dashboard?.close();
});
beforeEach(async () => {
  await dashboard.call("signOn.setPassword", { passwordSignIn: "everyone" }, admin);
});

const GOOD = "tartan umbrella 93 kiosk";

async function put(settings: Partial<PutProviderInput> = {}): Promise<void> {
  const { issuer, clientId, clientSecret } = provider;
  const scopes = ["openid", "email", "profile", "groups"];
  const base = { id: "corp", name: "Corp", enabled: true, issuer, clientId, clientSecret, scopes };
  const done = await dashboard.call("signOn.put", { ...base, ...settings }, admin);
  assert.equal(done.status, 200, JSON.stringify(done.error));
}

function account(name: string, claims: object = {}): string {
  provider.accounts.set(name, {
    email: `${name}@example.org`,
    email_verified: true,
    name: name.toUpperCase(),
    ...claims,
  });
  return name;
}

async function begin(id = "corp"): Promise<{ url: string; cookie: string; status: number; code?: string }> {
  const answer = await fetch(`${dashboard.base}/api/auth/sign-in/social`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ provider: id, callbackURL: "/routes", disableRedirect: true }),
  });
  const body = (await answer.json()) as { url: string; code?: string };
  return { ...body, status: answer.status, cookie: cookieOf(answer) };
}

function cookieOf(answer: Response): string {
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
}

async function comeBack(address: string, cookie: string): Promise<{ to: string; cookie: string }> {
  // As a browser does that the provider's page sends here.
  const headers = { cookie, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
  const answer = await fetch(address, { redirect: "manual", headers });
  assert.equal(answer.status, 302, await answer.clone().text());
  return { to: answer.headers.get("location") ?? "", cookie: cookieOf(answer) };
}

/** The way of a browser: where it ends, and as whom. */
async function signOn(name: string, id = "corp") {
  const { url, cookie } = await begin(id);
  const back = await comeBack(await provider.authorize(url, name), cookie);
  const me = await fetch(`${dashboard.base}/api/v1/session/me`, { headers: { cookie: back.cookie } });
  const session = me.status === 200 ? ((await me.json()) as { email: string; role: string }) : undefined;
  return { to: back.to, email: session?.email, role: session?.role };
}

async function refusals(): Promise<readonly string[]> {
  const rows = await dashboard.database.sql<{ refused: string }[]>`
    select details->>'refused' as refused from config.audit_event
    where action = 'session.sign_in' and details ? 'refused' and details ? 'provider' order by id`;
  return rows.map(({ refused }) => refused);
}

test("somebody new gets an account with the role of their groups, anew at each sign-on", async () => {
  const roleRules = [
    { value: "ops", role: "publisher" },
    { value: "staff", role: "viewer" },
  ];
  await put({ rolesClaim: "groups", roleRules, createAccounts: true });
  account("ann", { groups: ["staff", "ops"] });
  assert.deepEqual(await signOn("ann"), { to: "/routes", email: "ann@example.org", role: "publisher" });
  account("ann", { groups: ["staff"] });
  assert.equal((await signOn("ann")).role, "viewer");
  account("ann", { groups: [] });
  assert.deepEqual((await signOn("ann")).to, "/sign-in?error=role_refused");
  account("ann", {});
  assert.deepEqual((await signOn("ann")).to, "/sign-in?error=claim_missing");
  assert.deepEqual((await refusals()).slice(-2), ["role_refused", "claim_missing"]);
  const events = await dashboard.database.sql`
    select action, details from config.audit_event where subject = 'ann@example.org' order by id`;
  const of = (action: string) =>
    events.filter((event) => event.action === action).map(({ details }) => details);
  assert.deepEqual(of("user.sign_on_create"), [{ provider: "corp", role: "publisher" }]);
  assert.deepEqual(of("user.role"), [{ provider: "corp", before: "publisher", after: "viewer" }]);
  assert.deepEqual(of("session.sign_in")[0], { address: "127.0.0.1", provider: "corp" });
  const kept = await dashboard.database
    .sql`select a::text as row from auth.account a where provider_id = 'corp'`;
  assert.doesNotMatch(String(kept[0]?.row), /eyJ/, "no token of the provider is kept");
});

test("whoever was not invited stays outside where accounts are not made", async () => {
  await put({ defaultRole: "viewer" });
  account("bob");
  assert.equal((await signOn("bob")).to, "/sign-in?error=account_missing");
});

test("an account of before is never taken over: by e-mail only where an administrator says so, once, and verified", async () => {
  const dan = { name: "Dan", email: "dan@example.org", role: "editor", password: GOOD };
  await dashboard.call("people.create", dan, admin);
  await put({ defaultRole: "viewer", createAccounts: true });
  account("dan");
  assert.equal((await signOn("dan")).to, "/sign-in?error=account_not_linked");
  await put({ linkByEmail: true });
  account("dan", { email_verified: false });
  assert.equal((await signOn("dan")).to, "/sign-in?error=email_unverified");
  account("dan", { email_verified: undefined });
  assert.equal((await signOn("dan")).to, "/sign-in?error=email_unverified", "nothing said is not verified");
  account("dan");
  assert.deepEqual(await signOn("dan"), { to: "/routes", email: dan.email, role: "editor" });
  account("mallory", { email: dan.email });
  assert.equal((await signOn("mallory")).to, "/sign-in?error=account_not_linked", "it is dan's already");
  account("dan", { email: "daniel@example.org" });
  assert.equal((await signOn("dan")).email, dan.email, "the subject counts, not the address");
});

test("an e-mail counts only where it is there, verified and of an allowed domain", async () => {
  await put({ domains: ["example.org"], createAccounts: true, defaultRole: "viewer", trustEmail: true });
  account("eve", { email: "eve@evil.example" });
  assert.equal((await signOn("eve")).to, "/sign-in?error=domain_refused");
  account("eve", { email: "eve@evil.example@x.org" });
  assert.equal((await signOn("eve")).to, "/sign-in?error=email_missing");
  account("eve", { email: undefined });
  assert.equal((await signOn("eve")).to, "/sign-in?error=email_missing");
  account("eve", { email_verified: false });
  assert.equal((await signOn("eve")).to, "/sign-in?error=email_unverified", "trusted, but called unverified");
  account("eve", { email_verified: undefined });
  assert.equal((await signOn("eve")).email, "eve@example.org");
});

test("a disabled person comes in by no door, and the tokens open nothing, until enabled again", async () => {
  const fay = { name: "Fay", email: "fay@example.org", role: "editor", password: GOOD };
  const { body } = await dashboard.call<{ id: string }>("people.create", fay, admin);
  await put({ linkByEmail: true });
  account("fay");
  assert.equal((await signOn("fay")).email, fay.email);
  const session = await dashboard.tokenOf(fay);
  const grants = [{ permission: "config.read" }];
  const made = await dashboard.call<{ token: string }>("token.create", { name: "t", grants }, session);
  assert.equal((await dashboard.call("people.disable", { id: body.id }, admin)).status, 200);
  assert.equal((await signOn("fay")).to, "/sign-in?error=account_disabled");
  const refused = await dashboard.signIn(fay);
  assert.equal(((await refused.json()) as { code: string }).code, "ACCOUNT_DISABLED");
  assert.equal((await dashboard.signIn({ ...fay, password: "wrong" })).status, 401, "told to nobody else");
  assert.equal((await dashboard.call("session.me", undefined, session)).status, 401);
  assert.equal((await dashboard.call("draft.status", undefined, made.body.token)).status, 401);
  await dashboard.call("people.enable", { id: body.id }, admin);
  assert.equal((await signOn("fay")).email, fay.email);
  assert.equal((await dashboard.call("draft.status", undefined, made.body.token)).status, 200);
});

test("with passwords for administrators only, one still comes in, and the last of them can be taken away in no way", async () => {
  const gus = { name: "Gus", email: "gus@example.org", role: "editor", password: GOOD };
  await dashboard.call("people.create", gus, admin);
  await dashboard.call("signOn.setPassword", { passwordSignIn: "administrators" }, admin);
  const refused = await dashboard.signIn(gus);
  assert.equal(((await refused.json()) as { code: string }).code, "PASSWORD_SIGN_IN_OFF");
  assert.equal((await dashboard.signIn({ ...gus, password: "wrong" })).status, 401);
  await dashboard.tokenOf(ADMIN);
  await put({
    rolesClaim: "groups",
    roleRules: [{ value: "root", role: "admin" }],
    defaultRole: "viewer",
    createAccounts: true,
    linkByEmail: true,
  });
  account("hal", { groups: ["root"] });
  assert.equal((await signOn("hal")).role, "admin", "an administrator without a password");
  const people = await dashboard.call<readonly { id: string; email: string }[]>(
    "people.list",
    undefined,
    admin,
  );
  const id = people.body.find(({ email }) => email === ADMIN.email)?.id;
  for (const [operation, input] of [
    ["people.remove", { id }],
    ["people.disable", { id }],
    ["people.setRole", { id, role: "viewer" }],
  ] as const)
    assert.equal((await dashboard.call(operation, input, admin)).error?.code, "invalid", operation);
  account("root", { email: ADMIN.email, groups: [] });
  assert.equal((await signOn("root")).role, "admin", "nor by the groups of a provider");
});

test("another browser, another sign-on, a used code and a forged answer open nothing", async () => {
  await put({ createAccounts: true, defaultRole: "viewer" });
  account("ida");
  const first = await begin();
  const back = await provider.authorize(first.url, "ida");
  assert.match((await comeBack(back, "")).to, /^\/sign-in\?error=state/);
  const second = await begin();
  assert.match((await comeBack(back, second.cookie)).to, /^\/sign-in\?error=state/);
  const query = new URL(first.url).searchParams;
  assert.equal(query.get("code_challenge_method"), "S256");
  assert.ok((query.get("nonce") ?? "").length >= 32 && (query.get("state") ?? "").length >= 32);
  const third = await begin();
  const state = new URL(third.url).searchParams.get("state") ?? "";
  const codes = new URL(await provider.authorize((await begin()).url, "ida")).searchParams;
  const swapped = `${dashboard.base}/api/auth/callback/corp?code=${codes.get("code")}&state=${state}`;
  assert.equal((await comeBack(swapped, third.cookie)).to, "/sign-in?error=provider_refused", "PKCE");
  await put({ id: "other", name: "Other" });
  const elsewhere = await begin();
  const meant = await provider.authorize(elsewhere.url, "ida");
  const bent = meant.replace("/callback/corp", "/callback/other");
  assert.equal((await comeBack(bent, elsewhere.cookie)).to, "/sign-in?error=token_invalid", "mix-up");
  const denied = await begin();
  const said = `error=access_denied&state=${new URL(denied.url).searchParams.get("state")}`;
  assert.match(
    (await comeBack(`${dashboard.base}/api/auth/callback/corp?${said}`, denied.cookie)).to,
    /^\/sign-in\?error=access_denied/,
  );
  const wrongIssuer = await begin();
  const mixed = new URL(await provider.authorize(wrongIssuer.url, "ida"));
  mixed.searchParams.set("iss", "https://evil.example");
  assert.equal((await comeBack(mixed.href, wrongIssuer.cookie)).to, "/sign-in?error=issuer_mismatch");
});

test("a token that a client brings along signs nobody in", async () => {
  await put();
  const body = { provider: "corp", idToken: { token: "a.b.c" }, disableRedirect: true };
  const answer = await fetch(`${dashboard.base}/api/auth/sign-in/social`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 404);
});

test("a provider that is off, away or inside is refused with a reason, and the sign-in page offers only what is on", async () => {
  await put({ enabled: false });
  assert.deepEqual((await begin()).code, "provider_unknown");
  await put({ id: "other", name: "Other", issuer: "http://127.0.0.1:9" });
  assert.deepEqual((await begin("other")).code, "provider_unreachable");
  await put({ id: "other", name: "Other", issuer: "https://169.254.169.254" });
  assert.deepEqual((await begin("other")).code, "provider_unreachable");
  const choices = await dashboard.call("signOn.choices", undefined, undefined);
  assert.deepEqual(choices.body, {
    providers: [{ id: "other", name: "Other" }],
    passwordSignIn: "everyone",
  });
  const test = async (issuer: string) =>
    (await dashboard.call<ProviderTest>("signOn.test", { issuer, scopes: ["groups", "nope"] }, admin)).body;
  const fine = await test(provider.issuer);
  assert.equal(fine.works, true, JSON.stringify(fine));
  assert.equal(fine.findings.find(({ about }) => about === "pkce")?.state, "fine");
  assert.match(fine.findings.find(({ about }) => about === "scopes")?.text ?? "", /nope/);
  const slash = await test(`${provider.issuer}/`);
  assert.deepEqual([slash.works, slash.findings.length], [false, 1], JSON.stringify(slash));
  const inside = await test("https://169.254.169.254");
  assert.match(inside.findings[0]?.text ?? "", /not an address of the public Internet/);
  assert.equal((await dashboard.call("signOn.remove", { id: "other" }, admin)).status, 200);
});

test("the secret is sealed, told by nothing, and not sent to another provider; links end with it", async () => {
  await put({ createAccounts: true, defaultRole: "viewer" });
  account("jo");
  await signOn("jo");
  const { clientId } = provider;
  const moved = { id: "corp", name: "Corp", enabled: true, issuer: "https://idp.example.org", clientId };
  const refused = await dashboard.call("signOn.put", moved, admin);
  assert.equal(refused.error?.code, "bad_input");
  const state = await dashboard.call<SignOnState>("signOn.list", undefined, admin);
  const corp = state.body.providers.find(({ id }) => id === "corp");
  assert.equal(corp?.hasSecret, true);
  assert.ok((corp?.accounts ?? 0) > 0);
  assert.doesNotMatch(JSON.stringify(state.body), new RegExp(provider.clientSecret));
  const rows = await dashboard.database.sql`
    select s::text as row from config.sealed_setting s
    union all select p::text from auth.sign_on_provider p
    union all select e::text from config.audit_event e where action like 'sign_on.%'`;
  assert.ok(rows.length > 2 && rows.every(({ row }) => !row.includes(provider.clientSecret)));
  await dashboard.call("signOn.put", { ...moved, clientSecret: "x" }, admin);
  const after = await dashboard.call<SignOnState>("signOn.list", undefined, admin);
  assert.equal(after.body.providers.find(({ id }) => id === "corp")?.accounts, 0);
});

test("the command line sets a provider up, tests it and says who may use a password", async () => {
  const { issuer, clientId, clientSecret } = provider;
  const put = ["put", "corp", "--issuer", issuer, "--client-id", clientId, "--client-secret-stdin"];
  const rules = ["--roles-claim", "groups", "--role-rule", "a=b=viewer", "--scopes", "email,groups"];
  assert.equal((await sluice([...put, ...rules], clientSecret)).code, 0);
  const listed = await sluice(["list", "-o", "json"]);
  const { providers } = JSON.parse(listed.output) as SignOnState;
  const corp = providers.find(({ id }) => id === "corp");
  assert.deepEqual(corp?.roleRules, [{ value: "a=b", role: "viewer" }]);
  assert.deepEqual(corp?.scopes, ["openid", "email", "groups"]);
  assert.equal(corp?.hasSecret, true);
  assert.match((await sluice(["test", issuer])).output, /pkce\s+fine\s+S256/);
  assert.notEqual((await sluice(["test", "http://127.0.0.1:9"])).code, 0);
  assert.equal((await sluice(["password", "administrators"])).code, 0);
  const choices = await dashboard.call<SignOnChoices>("signOn.choices", undefined, undefined);
  assert.equal(choices.body.passwordSignIn, "administrators");
});

async function sluice(args: readonly string[], input = ""): Promise<{ code: unknown; output: string }> {
  const main = fileURLToPath(new URL("../../../../../packages/cli/src/main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, "sign-on", ...args], {
    env: { ...process.env, SLUICE_SERVER: dashboard.base, SLUICE_TOKEN: admin },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.end(input);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, output };
}

test("who may not do everything sets up no provider", async () => {
  const grants = [{ permission: "settings.manage" }, { permission: "people.manage" }];
  await dashboard.call("role.create", { name: "settings", grants }, admin);
  const kim = { name: "Kim", email: "kim@example.org", role: "settings", password: GOOD };
  await dashboard.call("people.create", kim, admin);
  const token = await dashboard.tokenOf(kim);
  const { issuer, clientId } = provider;
  const input = { id: "mine", name: "Mine", enabled: true, issuer, clientId };
  assert.equal((await dashboard.call("signOn.put", input, token)).error?.code, "forbidden");
  assert.equal((await dashboard.call("signOn.list", undefined, token)).status, 200);
});
