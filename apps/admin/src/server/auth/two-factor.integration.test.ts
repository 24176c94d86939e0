import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { secretIn, totp } from "@sluice/harness/totp";
import { ADMIN, startDashboard, type TestDashboard } from "../testing/start-dashboard.ts";

let dashboard: TestDashboard;
let admin: string;
before(async () => {
  dashboard = await startDashboard();
  admin = await dashboard.tokenOf(ADMIN);
});
after(() => dashboard?.close());

const PASSWORD = "tartan umbrella 93 kiosk";

async function person(name: string): Promise<{ id: string; email: string; password: string }> {
  const who = { name, email: `${name}@example.org`, role: "editor", password: PASSWORD };
  const { body } = await dashboard.call<{ id: string }>("people.create", who, admin);
  return { ...who, id: body.id };
}

async function post(path: string, body: object, headers: Record<string, string>): Promise<Response> {
  return await fetch(`${dashboard.base}/api/auth/two-factor/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: dashboard.base, ...headers },
    body: JSON.stringify(body),
  });
}

/** The next code of the app, which is taken already: the one before was used up. */
function nextTotp(secret: Buffer): string {
  return totp(secret, Date.now() + 30_000);
}

/** None of those that could be right now or in the next half minute. */
function wrongCode(secret: Buffer): string {
  const right = [-2, -1, 0, 1, 2].map((steps) => totp(secret, Date.now() + steps * 30_000));
  return (
    ["000000", "111111", "222222", "333333", "444444", "555555"].find((code) => !right.includes(code)) ?? ""
  );
}

async function enable(who: { email: string; password: string }) {
  const bearer = { authorization: `Bearer ${await dashboard.tokenOf(who)}` };
  assert.equal((await post("enable", { password: "wrong" }, bearer)).status, 400);
  const begun = await post("enable", { password: who.password }, bearer);
  const { totpURI, backupCodes } = (await begun.json()) as { totpURI: string; backupCodes: string[] };
  const secret = secretIn(totpURI);
  assert.ok((await dashboard.signIn(who)).headers.get("set-auth-token"), "not on before a code was right");
  assert.equal((await post("verify-totp", { code: totp(secret) }, bearer)).status, 200);
  return { secret, backupCodes };
}

/** The cookie that says whose second factor is awaited. */
async function firstFactor(who: { email: string; password: string }): Promise<string> {
  const answer = await dashboard.signIn(who);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("set-auth-token"), null);
  assert.equal(((await answer.json()) as { twoFactorRedirect?: boolean }).twoFactorRedirect, true);
  return answer.headers
    .getSetCookie()
    .map((each) => each.split(";")[0])
    .join("; ");
}

test("with two-factor on, the password alone opens nothing; a code or a backup code, once, does", async () => {
  const tom = await person("tom");
  const { secret, backupCodes } = await enable(tom);
  const cookie = await firstFactor(tom);
  const me = await fetch(`${dashboard.base}/api/v1/session/me`, { headers: { cookie } });
  assert.equal(me.status, 401);
  assert.equal((await post("verify-totp", { code: wrongCode(secret) }, { cookie })).status, 401);
  const code = nextTotp(secret);
  const right = await post("verify-totp", { code }, { cookie });
  assert.equal(right.status, 200);
  const token = right.headers.get("set-auth-token") ?? "";
  assert.equal((await dashboard.call("session.me", undefined, token)).status, 200);
  const replayed = await post("verify-totp", { code }, { cookie: await firstFactor(tom) });
  assert.deepEqual([replayed.status, ((await replayed.json()) as { code: string }).code], [401, "CODE_USED"]);
  const [backup] = backupCodes;
  const first = await post("verify-backup-code", { code: backup }, { cookie: await firstFactor(tom) });
  assert.equal(first.status, 200);
  const again = await post("verify-backup-code", { code: backup }, { cookie: await firstFactor(tom) });
  assert.equal(again.status, 401);
  const stored = await dashboard.database.sql`select t::text as row from auth.two_factor t`;
  assert.ok(!stored.some(({ row }) => row.includes(backup)));
});

test("of two who show the same code at once, one gets in", async () => {
  const uli = await person("uli");
  const { secret } = await enable(uli);
  const cookies = [await firstFactor(uli), await firstFactor(uli)];
  const code = nextTotp(secret);
  const came = await Promise.all(cookies.map((cookie) => post("verify-totp", { code }, { cookie })));
  assert.deepEqual(came.map(({ status }) => status).toSorted(), [200, 401]);
});

test("codes cannot be guessed: after some wrong ones even the right one is refused for a while", async () => {
  const una = await person("una");
  const { secret } = await enable(una);
  const statuses: number[] = [];
  for (let turn = 0; turn < 30 && !statuses.includes(429); turn += 1) {
    const cookie = await firstFactor(una);
    for (let guess = 0; guess < 3; guess += 1)
      statuses.push((await post("verify-totp", { code: wrongCode(secret) }, { cookie })).status);
  }
  const late = await post("verify-totp", { code: nextTotp(secret) }, { cookie: await firstFactor(una) });
  assert.notEqual(late.status, 200, `${statuses}`);
});

test("a link to a new password leaves the second factor; an administrator removes it where it was lost", async () => {
  const { id, email } = await person("vic");
  const vic = { id, email, password: "copper lantern 17 orbit" };
  await enable({ email, password: PASSWORD });
  const link = await dashboard.call<{ token: string }>("invitation.resetLink", { person: id }, admin);
  const { token } = link.body;
  await dashboard.call("invitation.accept", { token, password: vic.password }, undefined);
  await firstFactor(vic);
  assert.equal((await dashboard.call("people.removeTwoFactor", { id: vic.id }, admin)).status, 200);
  await dashboard.tokenOf(vic);
});

test("the command line signs in with a code", async () => {
  const wes = await person("wes");
  const { secret } = await enable(wes);
  const home = await mkdtemp(join(tmpdir(), "sluice-login-"));
  try {
    const main = fileURLToPath(new URL("../../../../../packages/cli/src/main.ts", import.meta.url));
    const args = ["login", "--server", dashboard.base, "--email", wes.email, "--password-stdin"];
    const child = spawn(process.execPath, [main, ...args, "--code", nextTotp(secret)], {
      env: { ...process.env, XDG_CONFIG_HOME: home },
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.end(PASSWORD);
    assert.equal(await new Promise((resolve) => child.on("close", resolve)), 0);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
