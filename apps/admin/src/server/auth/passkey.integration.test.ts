import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ADMIN, startDashboard, type TestDashboard } from "../testing/start-dashboard.ts";

// That passkeys sign in, and what they must have asked for, is shown in a browser: test/e2e/sign-on-story.ts.

let dashboard: TestDashboard;
let admin: string;
before(async () => {
  dashboard = await startDashboard();
  admin = await dashboard.tokenOf(ADMIN);
});
after(() => dashboard?.close());

async function ask(path: string, cookie: string, body?: object): Promise<Response> {
  return await fetch(`${dashboard.base}/api/auth/passkey/${path}`, {
    headers: {
      "content-type": "application/json",
      origin: dashboard.base,
      ...(cookie === "" ? {} : { cookie }),
    },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
}

function cookieOf(answer: Response): string {
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
}

async function codeOf(answer: Response): Promise<string> {
  return `${answer.status} ${((await answer.json()) as { readonly code?: string }).code}`;
}

test("a passkey is added by who signed in a moment ago, and what is none is refused", async () => {
  assert.equal((await ask("generate-register-options", "")).status, 401);
  const session = cookieOf(await dashboard.signIn(ADMIN));
  const begun = await ask("generate-register-options", session);
  const options = (await begun.json()) as { authenticatorSelection: object; rp: { id: string } };
  assert.equal(options.rp.id, "127.0.0.1", "of the name in the address");
  assert.deepEqual(options.authenticatorSelection, {
    residentKey: "required",
    userVerification: "required",
    requireResidentKey: true,
  });
  const cookie = `${session}; ${cookieOf(begun)}`;
  for (const response of [undefined, 7, {}, { id: "x", rawId: "x", type: "public-key", response: {} }])
    assert.match(await codeOf(await ask("verify-registration", cookie, { response })), /^400 /);
  const { sql } = dashboard.database;
  await sql`update auth.session set created_at = now() - interval '16 min'`;
  assert.equal(await codeOf(await ask("generate-register-options", session)), "403 SESSION_NOT_FRESH");
  const list = await dashboard.call("session.passkeys", undefined, admin);
  assert.deepEqual(list.body, []);
  assert.equal((await dashboard.call("session.removePasskey", { id: "x" }, admin)).status, 404);
});

test("nobody signs in with a passkey that is not known, and only what was begun is on record", async () => {
  const response = { id: "x", rawId: "x", type: "public-key", response: {} };
  assert.match(await codeOf(await ask("verify-authentication", "", { response })), /^400 /);
  const begun = await ask("generate-authenticate-options", "");
  const cookie = cookieOf(begun);
  assert.match(await codeOf(await ask("verify-authentication", cookie, { response })), /^401 /);
  assert.match(await codeOf(await ask("verify-authentication", cookie, { response })), /^400 /, "once");
  const rows = await dashboard.database.sql`
    select details from config.audit_event where details->>'method' = 'passkey'`;
  assert.deepEqual(
    rows.map(({ details }) => details),
    [{ refused: "passkey", address: "127.0.0.1", method: "passkey" }],
  );
});

test("challenges are not made without end for one address", async () => {
  const statuses: number[] = [];
  for (let turn = 0; turn < 40 && !statuses.includes(429); turn += 1)
    statuses.push((await ask("generate-authenticate-options", "")).status);
  assert.ok(statuses.includes(429), `${statuses}`);
});
