import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { secretIn, totp } from "@sluice/harness/totp";
import type { Person } from "../people/person.ts";
import type { SignOnState } from "../sign-on/sign-on-contract.ts";
import { ADMIN, startDashboard, type TestDashboard } from "../testing/start-dashboard.ts";
import type { SignedIn } from "./session.ts";

const PASSWORD = "tartan umbrella 93 kiosk";

let dashboard: TestDashboard;
let admin: string;
before(async () => {
  dashboard = await startDashboard();
  admin = await dashboard.tokenOf(ADMIN);
});
after(() => dashboard?.close());

async function person(
  name: string,
  role = "editor",
): Promise<{ id: string; email: string; password: string }> {
  const who = { name, email: `${name}@example.org`, role, password: PASSWORD };
  const { body } = await dashboard.call<{ id: string }>("people.create", who, admin);
  return { ...who, id: body.id };
}

async function twoFactor(path: string, body: object, token: string): Promise<Response> {
  return await fetch(`${dashboard.base}/api/auth/two-factor/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
}

/** The session's token from then on. */
async function setUpApp(password: string, token: string): Promise<string> {
  const begun = (await (await twoFactor("enable", { password }, token)).json()) as { totpURI: string };
  const code = totp(secretIn(begun.totpURI));
  return (await twoFactor("verify-totp", { code }, token)).headers.get("set-auth-token") ?? "";
}

/** As a browser would; the key pair is of no matter, since nobody signs in with it here. */
async function addPasskey(userId: string): Promise<void> {
  await dashboard.database.sql`
    insert into auth.passkey (id, name, public_key, user_id, credential_id, counter, device_type, backed_up)
    values (${`key-${userId}`}, 'laptop', '', ${userId}, ${`credential-${userId}`}, 0, 'singleDevice', false)`;
}

async function require(graceDays: number): Promise<string | undefined> {
  const input = { required: true, graceDays };
  return (await dashboard.call("signOn.setSecondFactor", input, admin)).error?.code;
}

async function standingOf(email: string): Promise<Person | undefined> {
  const people = await dashboard.call<readonly Person[]>("people.list", undefined, admin);
  return people.body.find((each) => each.email === email);
}

test("it becomes compulsory only once an administrator with a password has an app and its backup codes", async () => {
  assert.equal(await require(7), "conflict");
  assert.equal(await require(-1), "bad_input");
  admin = await setUpApp(ADMIN.password, admin);
  assert.equal(await require(7), undefined);
  const { body } = await dashboard.call<SignOnState>("signOn.list", undefined, admin);
  assert.deepEqual([body.secondFactor.required, body.secondFactor.graceDays], [true, 7]);
  const off = await twoFactor("disable", { password: ADMIN.password }, admin);
  assert.deepEqual([off.status, ((await off.json()) as { code: string }).code], [403, "LAST_APP"]);
  const [self] = (await dashboard.call<readonly Person[]>("people.list", undefined, admin)).body;
  assert.deepEqual([self?.secondFactors, self?.secondFactorDueAt], [["app"], undefined]);
  const second = await person("second", "admin");
  const input = { id: self?.id, role: "viewer" };
  const other = await dashboard.tokenOf(second);
  assert.equal((await dashboard.call("people.setRole", input, other)).error?.code, "invalid");
});

test("within the grace one is told; after it nothing is done but setting one up, tokens go on", async () => {
  await require(7);
  const kim = await person("kim");
  const session = await dashboard.tokenOf(kim);
  const me = await dashboard.call<SignedIn>("session.me", undefined, session);
  assert.equal(me.body.secondFactor?.overdue, false);
  const made = await dashboard.call<{ token: string }>(
    "token.create",
    { name: "ci", role: "viewer" },
    session,
  );
  await require(0);
  const refused = await dashboard.call("draft.status", undefined, session);
  assert.deepEqual([refused.status, refused.error?.code], [403, "forbidden"]);
  assert.match(refused.error?.message ?? "", /second factor is compulsory/);
  const changed = await dashboard.call(
    "draft.put",
    { kind: "clusters", yaml: "{ name: a, connect_timeout: 1s }" },
    session,
  );
  assert.equal(changed.status, 403);
  for (const path of ["/api/v1/audit/export", "/api/backup"]) {
    const answer = await fetch(`${dashboard.base}${path}`, {
      headers: { authorization: `Bearer ${session}`, "content-type": "application/json" },
      ...(path === "/api/backup"
        ? { method: "POST", body: JSON.stringify({ passphrase: "a passphrase of some length" }) }
        : {}),
    });
    assert.equal(answer.status, 403, path);
  }
  const late = await dashboard.call<SignedIn>("session.me", undefined, session);
  assert.deepEqual([late.body.secondFactor?.overdue, late.body.grants], [true, []]);
  assert.ok((await standingOf(kim.email))?.secondFactorDueAt);
  assert.equal((await dashboard.call("draft.status", undefined, made.body.token)).status, 200);
  const { sql } = dashboard.database;
  const [event] = await sql`select action from config.audit_event where details->>'needs' = 'second factor'`;
  assert.equal(event?.action, "draft.put", "what was tried is on record, what was looked at is not");
  const complete = await setUpApp(PASSWORD, session);
  assert.equal((await dashboard.call("draft.status", undefined, complete)).status, 200);
  assert.deepEqual((await standingOf(kim.email))?.secondFactors, ["app"]);
});

test("whose second factor is a passkey comes in with it: the password alone opens nothing", async () => {
  await require(0);
  const lou = await person("lou");
  await addPasskey(lou.id);
  const refused = await dashboard.signIn(lou);
  assert.deepEqual(
    [refused.status, ((await refused.json()) as { code: string }).code],
    [403, "PASSKEY_NEEDED"],
  );
  assert.equal((await dashboard.signIn({ ...lou, password: "wrong" })).status, 401, "it tells nobody else");
  await require(30);
  await dashboard.tokenOf(lou);
  await require(0);
  assert.equal((await dashboard.call("people.removeTwoFactor", { id: lou.id }, admin)).status, 200);
  const session = await dashboard.tokenOf(lou);
  assert.equal((await dashboard.call("draft.status", undefined, session)).status, 403);
});

test("who signs on with a provider and has no password is exempt", async () => {
  await require(0);
  const { sql } = dashboard.database;
  const max = await person("max");
  const session = await dashboard.tokenOf(max);
  assert.equal((await dashboard.call("draft.status", undefined, session)).status, 403);
  await sql`update auth.account set provider_id = 'corp', password = null where user_id = ${max.id}`;
  assert.equal((await dashboard.call("draft.status", undefined, session)).status, 200);
  const standing = await standingOf(max.email);
  assert.deepEqual([standing?.hasPassword, standing?.secondFactorDueAt], [false, undefined]);
});

test("made optional again, nobody is kept from anything", async () => {
  await require(0);
  const ned = await person("ned");
  const session = await dashboard.tokenOf(ned);
  const optional = { required: false, graceDays: 7 };
  assert.equal((await dashboard.call("signOn.setSecondFactor", optional, session)).status, 403);
  assert.equal((await dashboard.call("signOn.setSecondFactor", optional, admin)).status, 200);
  assert.equal((await dashboard.call("draft.status", undefined, session)).status, 200);
});
