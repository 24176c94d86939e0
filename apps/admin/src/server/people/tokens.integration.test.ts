import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ADMIN, startDashboard, type TestDashboard } from "../testing/start-dashboard.ts";
import type { CreatedToken } from "./create-token.ts";
import type { ApiToken } from "./token.ts";

let dashboard: TestDashboard;
let admin: string;
before(async () => {
  dashboard = await startDashboard();
  admin = await dashboard.tokenOf(ADMIN);
});
after(() => dashboard?.close());

async function createToken(input: object, by = admin): Promise<CreatedToken> {
  const made = await dashboard.call<CreatedToken>("token.create", input, by);
  assert.equal(made.status, 200, JSON.stringify(made.error));
  return made.body;
}

test("a token does what its permissions say and no more, and only its hash is stored", async () => {
  const grants = [{ permission: "config.read" }, { permission: "config.publish", groups: ["edge"] }];
  const { id, token } = await createToken({ name: "ci", grants });
  assert.match(token, /^sluice_[a-z0-9]{12}_.{43}$/);
  assert.equal((await dashboard.call("draft.status", undefined, token)).status, 200);
  const publish = await dashboard.call("version.publish", { message: "m" }, token);
  assert.deepEqual([publish.status, publish.error?.code], [403, "forbidden"]);
  const [refused] = await dashboard.database.sql`
    select actor, details from config.audit_event where action = 'version.publish'`;
  assert.equal(refused?.actor, "Admin (token ci)");
  const secret = token.split("_").slice(2).join("_");
  const stored = await dashboard.database.sql`select t::text as row from auth.api_token t where id = ${id}`;
  assert.ok(!stored[0]?.row.includes(secret));
  const wrong = `${token.slice(0, -4)}AAAA`;
  assert.equal((await dashboard.call("draft.status", undefined, wrong)).status, 401);
});

test("a token gets neither more than its owner has, nor keeps what its owner loses, nor makes another", async () => {
  const ed = { name: "Ed", email: "ed@example.org", role: "editor", password: "tartan umbrella 93 kiosk" };
  const { body } = await dashboard.call<{ id: string }>("people.create", ed, admin);
  const session = await dashboard.tokenOf(ed);
  const more = await dashboard.call("token.create", { name: "x", role: "publisher" }, session);
  assert.equal(more.error?.code, "forbidden");
  assert.match(more.error?.message ?? "", /config\.publish, which you do not have/);
  const { token } = await createToken({ name: "edits", role: "editor" }, session);
  assert.equal((await dashboard.call("draft.resetAll", {}, token)).status, 200);
  assert.equal((await dashboard.call("token.create", { name: "y", role: "viewer" }, token)).status, 403);
  await dashboard.call("people.setRole", { id: body.id, role: "viewer" }, admin);
  assert.equal((await dashboard.call("draft.resetAll", {}, token)).status, 403);
  assert.equal((await dashboard.call("draft.status", undefined, token)).status, 200);
  await dashboard.call("people.remove", { id: body.id }, admin);
  assert.equal((await dashboard.call("draft.status", undefined, token)).status, 401);
});

test("a token ends when it expires or is revoked; its last use is written down once a minute", async () => {
  const { id, token } = await createToken({ name: "short", role: "viewer" });
  const row = async () => {
    const { body } = await dashboard.call<readonly ApiToken[]>("token.list", {}, admin);
    return body.find((each) => each.id === id);
  };
  assert.equal((await row())?.lastUsedAt, undefined);
  await dashboard.call("draft.status", undefined, token);
  const first = (await row())?.lastUsedAt;
  await dashboard.call("draft.status", undefined, token);
  assert.deepEqual((await row())?.lastUsedAt, first);
  const { sql } = dashboard.database;
  await sql`update auth.api_token set last_used_at = now() - interval '61 s' where id = ${id}`;
  await dashboard.call("draft.status", undefined, token);
  assert.notEqual((await row())?.lastUsedAt, first);
  await sql`update auth.api_token set expires_at = now() - interval '1 s' where id = ${id}`;
  assert.equal((await dashboard.call("draft.status", undefined, token)).status, 401);
  assert.equal((await row())?.state, "expired");

  const other = await createToken({ name: "gone", role: "viewer" });
  assert.equal((await dashboard.call("token.revoke", { id: other.id }, admin)).status, 200);
  assert.equal((await dashboard.call("draft.status", undefined, other.token)).status, 401);
});

test("what cannot be meant is refused with words", async () => {
  const refused = async (input: object, words: RegExp) => {
    const { error } = await dashboard.call("token.create", input, admin);
    assert.equal(error?.code, "bad_input");
    assert.match(error.message, words);
  };
  await refused({ name: "x" }, /a role, or permissions/);
  await refused({ name: "x", role: "viewer", grants: [] }, /not both/);
  await refused({ name: "x", role: "nobody" }, /allows nothing/);
  await refused({ name: " ", role: "viewer" }, /1 to 100 characters/);
  await refused({ name: "x", role: "viewer", lifetimeS: 1 }, /60 seconds to ten years/);
});

test("the command line makes, lists and revokes tokens, and works with one", async () => {
  const sluice = async (token: string, ...args: readonly string[]) => {
    const main = fileURLToPath(new URL("../../../../../packages/cli/src/main.ts", import.meta.url));
    const env = { ...process.env, SLUICE_SERVER: dashboard.base, SLUICE_TOKEN: token };
    return (await promisify(execFile)(process.execPath, [main, ...args, "-o", "json"], { env })).stdout;
  };
  const made = JSON.parse(
    await sluice(admin, "token", "create", "cli", "--allow", "config.read", "--days", "1"),
  ) as CreatedToken;
  const listed = JSON.parse(await sluice(admin, "token", "list")) as readonly ApiToken[];
  assert.equal(listed.find(({ id }) => id === made.id)?.name, "cli");
  assert.deepEqual(JSON.parse(await sluice(made.token, "versions")), []);
  await sluice(admin, "token", "revoke", made.id);
  await assert.rejects(sluice(made.token, "versions"), { code: 5 });
});

test("the audit log is exported as JSON lines and its chain verified, by HTTP and the command line", async () => {
  const path = `${dashboard.base}/api/v1/audit/export`;
  const exported = async (query: string, token?: string) =>
    await fetch(
      `${path}?${query}`,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    );
  assert.equal((await exported("")).status, 401);
  const viewer = await createToken({ name: "viewer", role: "viewer" });
  assert.equal((await exported("", viewer.token)).status, 403);
  assert.equal((await exported("from=yesterday", admin)).status, 400);
  const answer = await exported("action=token.", admin);
  assert.equal(answer.headers.get("content-type"), "application/x-ndjson; charset=utf-8");
  const lines = (await answer.text()).trimEnd().split("\n");
  assert.ok(lines.length > 4);
  for (const line of lines) assert.match((JSON.parse(line) as { action: string }).action, /^token\./);
  const main = fileURLToPath(new URL("../../../../../packages/cli/src/main.ts", import.meta.url));
  const env = { ...process.env, SLUICE_SERVER: dashboard.base, SLUICE_TOKEN: admin };
  const sluice = async (...args: readonly string[]) =>
    (await promisify(execFile)(process.execPath, [main, "audit", ...args], { env })).stdout;
  assert.match(await sluice("verify"), /^the chain holds\n\d+ events, newest link \d+:[0-9a-f]{64}\n$/);
  assert.equal((await sluice("export", "--action", "token.")).trimEnd().split("\n").length, lines.length);
  await assert.rejects(sluice("verify", "--expect", `1:${"0".repeat(64)}`), { code: 1 });
});
