import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eq } from "drizzle-orm";
import { session } from "../auth/schema.ts";
import { ADMIN, startDashboard, type TestDashboard } from "../testing/start-dashboard.ts";
import type { CreatedInvitation } from "./invitation.ts";
import type { Person } from "./person.ts";
import type { SessionState } from "./sessions.ts";

const GOOD = "tartan umbrella 93 kiosk";

let dashboard: TestDashboard;
let admin: string;
before(async () => {
  dashboard = await startDashboard();
  admin = await dashboard.tokenOf(ADMIN);
});
after(() => dashboard?.close());

async function invite(email: string, role = "viewer"): Promise<CreatedInvitation> {
  const made = await dashboard.call<CreatedInvitation>(
    "invitation.create",
    { name: "Ivy", email, role },
    admin,
  );
  assert.equal(made.status, 200, JSON.stringify(made.error));
  return made.body;
}

async function accept(token: string, password: string): Promise<string> {
  const answer = await dashboard.call("invitation.accept", { token, password }, undefined);
  return answer.error === undefined ? "done" : answer.error.code;
}

test("an invitation makes one account, once, with a password that holds", async () => {
  const { id, token } = await invite("ivy@example.org", "editor");
  const shown = await dashboard.call("invitation.show", { token }, undefined);
  assert.deepEqual(shown.body, { kind: "account", email: "ivy@example.org", name: "Ivy" });
  for (const weak of [
    "short",
    "password123",
    "qwertyuiop",
    "ivy@example.org",
    "sluice-Envoy-2026",
    "x".repeat(129),
  ])
    assert.equal(await accept(token, weak), "bad_input", weak);
  assert.equal(await accept(`${id}.${"A".repeat(43)}`, GOOD), "not_found");
  assert.equal(await accept(token, GOOD), "done");
  assert.equal(await accept(token, GOOD), "not_found");
  const session = await dashboard.tokenOf({ email: "ivy@example.org", password: GOOD });
  const me = await dashboard.call<{ role: string }>("session.me", undefined, session);
  assert.equal(me.body.role, "editor");
  const stored = await dashboard.database.sql`select i::text as row from auth.invitation i`;
  assert.ok(!stored.some(({ row }) => row.includes(token.split(".")[1])));
});

test("a link ends with its time, its revocation, and the next one for the same person", async () => {
  const first = await invite("joe@example.org");
  const second = await invite("joe@example.org");
  assert.equal(await accept(first.token, GOOD), "not_found");
  await dashboard.call("invitation.revoke", { id: second.id }, admin);
  assert.equal(await accept(second.token, GOOD), "not_found");
  const third = await invite("joe@example.org");
  const { sql } = dashboard.database;
  await sql`update auth.invitation set expires_at = now() - interval '1 s' where id = ${third.id}`;
  assert.equal(await accept(third.token, GOOD), "not_found");
  const taken = await dashboard.call("invitation.create", { ...ADMIN, name: "x", role: "viewer" }, admin);
  assert.equal(taken.error?.code, "already_exists");
});

test("a reset link sets a new password and ends the old sessions; until it is used nothing changes", async () => {
  await accept((await invite("rae@example.org")).token, GOOD);
  const old = await dashboard.tokenOf({ email: "rae@example.org", password: GOOD });
  const people = await dashboard.call<readonly Person[]>("people.list", undefined, admin);
  const person = people.body.find(({ email }) => email === "rae@example.org")?.id;
  const link = await dashboard.call<CreatedInvitation>("invitation.resetLink", { person }, admin);
  assert.equal((await dashboard.call("session.me", undefined, old)).status, 200);
  const better = "copper lantern 17 orbit";
  assert.equal(await accept(link.body.token, better), "done");
  assert.equal((await dashboard.call("session.me", undefined, old)).status, 401);
  assert.equal((await dashboard.signIn({ email: "rae@example.org", password: GOOD })).status, 401);
  await dashboard.tokenOf({ email: "rae@example.org", password: better });
});

test("sessions are listed and ended by their owner and by whoever manages people, and by nobody else", async () => {
  await accept((await invite("sam@example.org")).token, GOOD);
  const sam = { email: "sam@example.org", password: GOOD };
  const [one, two, three] = [
    await dashboard.tokenOf(sam),
    await dashboard.tokenOf(sam),
    await dashboard.tokenOf(sam),
  ];
  const list = async (by: string, input = {}) =>
    (await dashboard.call<readonly SessionState[]>("session.list", input, by)).body;
  const me = await dashboard.call<{ id: string; sessionId: string }>("session.me", undefined, one);
  assert.equal((await list(one)).length, 3);
  assert.equal((await list(admin, { person: me.body.id })).length, 3);
  const [mine] = await list(admin);
  assert.equal((await dashboard.call("session.revoke", { id: mine?.id }, one)).status, 404);
  assert.equal((await dashboard.call("session.list", { person: "x" }, one)).status, 403);
  await dashboard.call("session.revoke", { id: me.body.sessionId }, two);
  assert.equal((await dashboard.call("session.me", undefined, one)).status, 401);
  assert.deepEqual((await dashboard.call("session.revokeOthers", undefined, two)).body, { revoked: 1 });
  assert.equal((await dashboard.call("session.me", undefined, three)).status, 401);
  const four = await dashboard.tokenOf(sam);
  const aged = async (days: number): Promise<number> => {
    const before = new Date(Date.now() - days * 86_400_000);
    await dashboard.database.db
      .update(session)
      .set({ createdAt: before })
      .where(eq(session.token, four.split(".")[0] ?? ""));
    return (await dashboard.call("session.me", undefined, four)).status;
  };
  assert.equal(await aged(29), 200);
  assert.equal(await aged(31), 401, "thirty days are the end of a session, however much it is used");
  assert.equal((await list(two)).length, 1);
  const [last] = await list(two);
  assert.equal((await dashboard.call("session.revoke", { id: last?.id }, admin)).status, 200);
  assert.equal((await dashboard.call("session.me", undefined, two)).status, 401);
});

test("nobody manages somebody who may do more, or gives a role that allows more", async () => {
  const grants = [{ permission: "people.manage" }, { permission: "config.read" }];
  await dashboard.call("role.create", { name: "hr", grants }, admin);
  await accept((await invite("hal@example.org", "hr")).token, GOOD);
  const hal = await dashboard.tokenOf({ email: "hal@example.org", password: GOOD });
  const people = await dashboard.call<readonly Person[]>("people.list", undefined, hal);
  const idOf = (email: string) => people.body.find((person) => person.email === email)?.id;
  const code = async (operation: string, input: object) =>
    (await dashboard.call(operation, input, hal)).error?.code;
  const invited = { name: "x", email: "new@example.org", role: "admin" };
  assert.equal(await code("invitation.create", invited), "forbidden");
  assert.equal(await code("people.setRole", { id: idOf("hal@example.org"), role: "admin" }), "forbidden");
  const root = idOf(ADMIN.email);
  assert.equal(await code("people.remove", { id: root }), "forbidden");
  assert.equal(await code("invitation.resetLink", { person: root }), "forbidden");
  assert.equal(await code("people.resetPassword", { id: root, password: GOOD }), "forbidden");
  assert.equal(
    await code("role.change", { name: "hr", grants: [{ permission: "config.publish" }] }),
    "forbidden",
  );
  assert.equal(await code("role.create", { name: "ok", grants: [{ permission: "config.read" }] }), undefined);
  assert.equal((await dashboard.call("role.remove", { name: "hr" }, admin)).error?.code, "conflict");
  await dashboard.call("role.change", { name: "hr", grants: [{ permission: "config.read" }] }, admin);
  assert.equal((await dashboard.call("people.list", undefined, hal)).status, 403, "at once");
});

test("one's own new password has to hold too, and sign-ins are on record with their address", async () => {
  await accept((await invite("pam@example.org")).token, GOOD);
  const pam = await dashboard.tokenOf({ email: "pam@example.org", password: GOOD });
  const change = async (newPassword: string) =>
    await fetch(`${dashboard.base}/api/auth/change-password`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${pam}` },
      body: JSON.stringify({ currentPassword: GOOD, newPassword, revokeOtherSessions: true }),
    });
  const weak = await change("password123");
  assert.deepEqual([weak.status, ((await weak.json()) as { code: string }).code], [400, "PASSWORD_COMMON"]);
  assert.equal((await change("copper lantern 17 orbit")).status, 200);
  await dashboard.signIn({ email: "pam@example.org", password: "wrong" });
  const rows = await dashboard.database.sql`
    select details from config.audit_event where action = 'session.sign_in' and subject = 'pam@example.org'
    order by id`;
  assert.deepEqual(
    rows.map(({ details }) => details),
    [{ address: "127.0.0.1" }, { refused: "credentials", address: "127.0.0.1" }],
  );
});

test("an account that does not exist costs as much work as a wrong password", async () => {
  await accept((await invite("tia@example.org")).token, GOOD);
  const took = async (email: string): Promise<number> => {
    const started = performance.now();
    assert.equal((await dashboard.signIn({ email, password: "wrong wrong wrong" })).status, 401);
    return performance.now() - started;
  };
  const known: number[] = [];
  const unknown: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    known.push(await took("tia@example.org"));
    unknown.push(await took("nobody@example.org"));
  }
  assert.ok(Math.min(...unknown) > Math.min(...known) / 3, `${unknown} against ${known}`);
});
