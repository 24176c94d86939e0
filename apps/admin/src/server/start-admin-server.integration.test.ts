import assert from "node:assert/strict";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { waitFor } from "@sluice/harness";
import { WebSocket } from "ws";
import { SESSION_HEADER } from "./http/session-header.ts";
import { TEST_ADMIN as ADMIN, startTestAdmin, type TestAdmin } from "./testing/start-test-admin.ts";

const CLUSTER = "name: web\ntype: STATIC\nload_assignment: { cluster_name: web }\n";

let dashboards: TestAdmin;

before(async () => {
  dashboards = await startTestAdmin();
});

after(() => dashboards?.close());

const start = (variables: Readonly<Record<string, string>> = {}): Promise<string> =>
  dashboards.start(variables, { recheckMs: 50 });

/** Who the server told a page that it is for; pages answer with the headers that they got. */
async function toldOf(url: string, headers: Record<string, string>): Promise<string | undefined> {
  const answer = await fetch(url, { headers });
  return ((await answer.json()) as Readonly<Record<string, string>>)[SESSION_HEADER];
}

function signIn(
  base: string,
  who: { email: string; password: string },
  headers: Record<string, string> = {},
) {
  return fetch(`${base}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(who),
  });
}

async function tokenOf(base: string, who: { email: string; password: string }): Promise<string> {
  const answer = await signIn(base, who);
  assert.equal(answer.status, 200);
  return ((await answer.json()) as { token: string }).token;
}

async function cookieOf(base: string, who: { email: string; password: string }): Promise<string> {
  const answer = await signIn(base, who, { origin: base });
  assert.equal(answer.status, 200);
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}

interface Answer {
  readonly status: number;
  readonly data: unknown;
  readonly code: string | undefined;
}

async function call(
  base: string,
  path: string,
  input: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  const answer = await fetch(`${base}/api/trpc/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ json: input }),
  });
  const body = (await answer.json()) as {
    result?: { data: { json: unknown } };
    error?: { json: { data?: { config?: { code: string } } } };
  };
  return { status: answer.status, data: body.result?.data.json, code: body.error?.json?.data?.config?.code };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function person(
  base: string,
  admin: string,
  role: string,
): Promise<{ id: string; email: string; password: string }> {
  const email = `${role}-${crypto.randomUUID()}@example.org`;
  const password = "a password for tests";
  const made = await call(base, "people.create", { name: role, email, role, password }, bearer(admin));
  assert.equal(made.status, 200);
  return { id: (made.data as { id: string }).id, email, password };
}

test("a cookie is closed to scripts and other sites, and Secure behind https", async () => {
  const plain = (await signIn(await start(), ADMIN)).headers.getSetCookie().join();
  assert.match(plain, /HttpOnly/);
  assert.match(plain, /SameSite=Lax/);
  assert.doesNotMatch(plain, /Secure/);
  const https = await start({ SLUICE_ADMIN_URL: "https://sluice.example.org" });
  const secure = await signIn(https, ADMIN, { origin: "https://sluice.example.org" });
  assert.equal(secure.status, 200);
  assert.match(secure.headers.getSetCookie().join(), /__Host-sluice.*Secure/);
  assert.match(secure.headers.get("strict-transport-security") ?? "", /max-age/);
});

test("the cookie secret is made once, for its owner only", async () => {
  await start();
  assert.equal((await stat(join(dashboards.dataDir, "auth-secret"))).mode & 0o777, 0o600);
});

test("pages need a session and cannot be told one by the client", async () => {
  const base = await start();
  const forged = { [SESSION_HEADER]: encodeURIComponent(JSON.stringify({ role: "admin" })) };
  const away = await fetch(`${base}/clusters?x=1`, { redirect: "manual", headers: forged });
  assert.equal(away.status, 307);
  assert.equal(away.headers.get("location"), "/sign-in?next=%2Fclusters%3Fx%3D1");
  assert.equal(await toldOf(`${base}/sign-in`, forged), undefined);
  const cookie = await cookieOf(base, ADMIN);
  const told = await toldOf(`${base}/`, { cookie, ...forged });
  assert.equal((JSON.parse(decodeURIComponent(told ?? "")) as { email: string }).email, ADMIN.email);
});

test("only the offered parts of the sign-in API exist", async () => {
  const base = await start();
  for (const path of ["sign-up/email", "delete-user", "update-user", "forget-password"]) {
    const answer = await fetch(`${base}/api/auth/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: "x@example.org", password: "123456789012", name: "x" }),
    });
    assert.equal(answer.status, 404, path);
  }
});

test("a request from another site is refused, whatever it carries", async () => {
  const base = await start();
  const cookie = await cookieOf(base, ADMIN);
  const put = { kind: "clusters", yaml: CLUSTER };
  assert.equal(
    (
      await fetch(`${base}/api/trpc/draft.put`, {
        method: "POST",
        headers: { cookie, origin: "https://evil.example" },
        body: "{}",
      })
    ).status,
    403,
  );
  assert.equal(
    (await fetch(`${base}/api/trpc/draft.put`, { method: "POST", headers: { cookie }, body: "{}" })).status,
    403,
  );
  assert.equal((await signIn(base, ADMIN, { origin: "https://evil.example" })).status, 403);
  assert.equal((await call(base, "draft.put", put, { cookie, origin: base })).status, 200);
  await call(base, "draft.remove", { kind: "clusters", name: "web" }, { cookie, origin: base });
});

test("roles are enforced by the verbs, and a refusal says its code", async () => {
  const base = await start();
  const admin = await tokenOf(base, ADMIN);
  const viewer = await tokenOf(base, await person(base, admin, "viewer"));
  const editor = await tokenOf(base, await person(base, admin, "editor"));
  const put = { kind: "clusters", yaml: CLUSTER.replaceAll("web", "roles") };
  assert.deepEqual(await call(base, "draft.put", put, bearer(viewer)), {
    status: 403,
    data: undefined,
    code: "forbidden",
  });
  assert.equal((await call(base, "draft.put", put, bearer(editor))).status, 200);
  assert.equal(
    (
      await call(
        base,
        "people.create",
        { name: "x", email: "x@example.org", role: "admin", password: "1234567890" },
        bearer(editor),
      )
    ).code,
    "forbidden",
  );
  assert.equal((await call(base, "draft.put", put, {})).status, 401);
});

test("the last admin stays one; a new password ends the old sessions", async () => {
  const base = await start();
  const admin = await tokenOf(base, ADMIN);
  const me = await fetch(`${base}/api/trpc/session.me`, { headers: bearer(admin) });
  const { id } = ((await me.json()) as { result: { data: { json: { id: string } } } }).result.data.json;
  assert.equal((await call(base, "people.setRole", { id, role: "viewer" }, bearer(admin))).code, "invalid");
  assert.equal((await call(base, "people.remove", { id }, bearer(admin))).code, "invalid");
  const other = await person(base, admin, "editor");
  const token = await tokenOf(base, other);
  const password = "another password for tests";
  assert.equal(
    (await call(base, "people.resetPassword", { id: other.id, password }, bearer(admin))).status,
    200,
  );
  assert.equal((await fetch(`${base}/api/trpc/session.me`, { headers: bearer(token) })).status, 401);
  assert.equal((await signIn(base, other)).status, 401);
  await tokenOf(base, { email: other.email, password });
});

test("guessing a password is slowed down per account, by all replicas together", async () => {
  const [one, two] = [await start(), await start()];
  const target = await person(one, await tokenOf(one, ADMIN), "viewer");
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 9; attempt += 1)
    statuses.push(
      (await signIn(attempt % 2 === 0 ? one : two, { ...target, password: `guess ${attempt}` })).status,
    );
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 401, 401, 401, 429]);
  const right = await signIn(one, target);
  assert.equal(right.status, 429);
  assert.ok(Number(right.headers.get("retry-after")) > 0);
  assert.equal((await signIn(one, ADMIN)).status, 200);
});

test("guessing is also slowed down per address, whatever header the client sends", async () => {
  const base = await start();
  let status = 0;
  for (let attempt = 0; attempt < 40 && status !== 429; attempt += 1) {
    const headers = {
      "x-forwarded-for": `203.0.113.${attempt}`,
      "x-sluice-peer-address": `203.0.113.${attempt}`,
    };
    status = (
      await signIn(base, { email: `nobody-${attempt}@example.org`, password: "wrong password" }, headers)
    ).status;
  }
  assert.equal(status, 429);
  const { default: sql } = await import("postgres");
  const connection = sql(dashboards.databaseUrl, { max: 1 });
  await connection`delete from auth.sign_in_attempt`;
  await connection.end();
});

test("a body that is too long is refused", async () => {
  const base = await start();
  assert.equal((await signIn(base, { email: "x".repeat(20_000), password: "x" })).status, 413);
});

async function upgradeStatus(
  base: string,
  headers: Record<string, string>,
  path = "/api/live",
): Promise<number> {
  const socket = new WebSocket(`${base.replace("http", "ws")}${path}`, { headers });
  const [kind, status] = await Promise.race([
    once(socket, "open").then(() => ["open", 101] as const),
    once(socket, "unexpected-response").then(
      ([, response]) => ["refused", (response as { statusCode: number }).statusCode] as const,
    ),
  ]);
  if (kind === "open") socket.terminate();
  else {
    socket.on("error", () => {});
    socket.terminate();
  }
  return status;
}

test("a live socket needs a session and our own origin", async () => {
  const base = await start();
  const cookie = await cookieOf(base, ADMIN);
  assert.equal(await upgradeStatus(base, { origin: base }), 401);
  assert.equal(await upgradeStatus(base, { cookie, origin: "https://evil.example" }), 403);
  assert.equal(await upgradeStatus(base, { cookie }), 403);
  assert.equal(await upgradeStatus(base, { cookie, origin: base }, "/other"), 404);
  assert.equal(await upgradeStatus(base, { cookie, origin: base }), 101);
  assert.equal(await upgradeStatus(base, bearer(await tokenOf(base, ADMIN))), 101);
});

test("changes made by another replica reach a live socket, which ends with the role", async () => {
  const [one, two] = [await start(), await start()];
  const admin = await tokenOf(one, ADMIN);
  const watcher = await person(one, admin, "viewer");
  const socket = new WebSocket(`${one.replace("http", "ws")}/api/live`, {
    headers: bearer(await tokenOf(one, watcher)),
  });
  const topics: string[] = [];
  socket.on("message", (data: Buffer) => {
    const message = data.toString();
    if (!message.startsWith("{")) return;
    const event = JSON.parse(message) as {
      result?: { type: string; data?: { json: { data: { topic: string; payload: string | null } } } };
    };
    const hint = event.result?.data?.json.data;
    if (hint) topics.push(typeof hint.payload !== "string" ? `${hint.topic}?` : hint.topic);
  });
  await once(socket, "open");
  socket.send(
    JSON.stringify({
      id: 1,
      jsonrpc: "2.0",
      method: "subscription",
      params: { path: "live.changes", input: { json: null, meta: { values: ["undefined"] } } },
    }),
  );
  await waitFor("the first state", () => topics.length >= 6);
  assert.deepEqual(topics, ["draft?", "rollout?", "node?", "join?", "order?", "notification?"]);
  assert.equal(
    (
      await call(
        two,
        "draft.put",
        { kind: "clusters", yaml: CLUSTER.replaceAll("web", "seen") },
        bearer(admin),
      )
    ).status,
    200,
  );
  await waitFor("the other replica's change", () => topics.includes("draft"));
  const closed = once(socket, "close");
  await call(two, "people.setRole", { id: watcher.id, role: "editor" }, bearer(admin));
  const [code] = (await closed) as [number];
  assert.equal(code, 4401);
});

test("health is 200 only when every part is ready, and names the one that is not", async () => {
  const health = async (base: string) => {
    const answer = await fetch(`${base}/api/health`);
    return {
      status: answer.status,
      body: (await answer.json()) as {
        parts: Record<"xds" | "postgres" | "node", { state: string; reason: string }>;
      },
    };
  };
  const control = createServer((_, response) => response.end("ok"));
  control.listen(0, "127.0.0.1");
  await once(control, "listening");
  const controlUrl = `http://127.0.0.1:${(control.address() as AddressInfo).port}`;
  const broken = await health(await start());
  assert.equal(broken.status, 503);
  assert.equal(broken.body.parts.xds?.state, "not ready");
  assert.equal(broken.body.parts.postgres?.state, "ready");
  const whole = await health(
    await start({ SLUICE_CONTROL_HEALTH_URL: `${controlUrl}/health`, SLUICE_NODE_ADMIN_URL: controlUrl }),
  );
  assert.equal(whole.status, 200);
  assert.equal(whole.body.parts.node?.state, "ready");
  control.closeAllConnections();
  control.close();
});
