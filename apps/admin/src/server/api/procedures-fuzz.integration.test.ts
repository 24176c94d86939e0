import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { fuzzProcedures } from "../testing/fuzz-procedures.ts";
import { startTestAdmin, type TestAdmin, UNLIMITED } from "../testing/start-test-admin.ts";
import { appRouter } from "../trpc/app-router.ts";
import { OPERATIONS } from "./operations.ts";

let admin: TestAdmin;
let base: string;
let token: string;
before(async () => {
  admin = await startTestAdmin();
  base = await admin.start({}, { requestLimits: UNLIMITED });
  token = await admin.token(base);
});
after(() => admin.close());

const bearer = () => ({ authorization: `Bearer ${token}` });

test("every procedure is called, and no input brings about a 500, a leak or silence", async () => {
  const { findings, calls, statuses } = await fuzzProcedures({
    base,
    // Always the same inputs: the long run draws others.
    seed: 20_260_301,
    inputsEach: 4,
    callers: { admin: bearer() },
    deadlineMs: 30_000,
  });
  assert.deepEqual(findings, []);
  assert.equal(calls, OPERATIONS.size * 8);
  assert.equal(
    (await fetch(`${base}/api/v1/session/me`, { headers: bearer() })).status,
    200,
    "it was signed in",
  );
  assert.ok(
    (statuses.get(200) ?? 0) > 0 && (statuses.get(400) ?? 0) > 0,
    "inputs are neither all bad nor all good",
  );
});

/** What somebody with an invitation's link may call, and what the sign-in page asks; the fuzz as admin has them too. */
const OPEN = new Set(["invitation.accept", "invitation.show", "signOn.choices"]);

test("nobody gets anything: every procedure asks for a sign-in, whatever is sent", async () => {
  const { findings, statuses } = await fuzzProcedures({
    base,
    seed: 7,
    inputsEach: 2,
    without: OPEN,
    callers: { nobody: {}, "a made-up token": { authorization: "Bearer x.y" } },
    deadlineMs: 30_000,
  });
  assert.deepEqual(findings, []);
  assert.deepEqual([...statuses.keys()].toSorted(), [401]);
});

test("what is no call at all is refused, and of what is too long nothing is kept", async () => {
  const post = async (path: string, body: string, type = "application/json") =>
    (
      await fetch(`${base}${path}`, {
        method: "POST",
        headers: { ...bearer(), "content-type": type },
        body,
      })
    ).status;
  for (const path of ["/api/trpc/draft.put", "/api/v1/draft/put"]) {
    assert.equal(await post(path, "{"), 400, path);
    assert.equal(await post(path, `{"json":${"[".repeat(100_000)}`), 400, path);
    assert.equal(await post(path, `"${"x".repeat(9 << 20)}"`), 413, path);
    assert.equal(await post(path, "a=b", "application/x-www-form-urlencoded"), 415, path);
  }
  for (const path of [
    "/api/trpc/none",
    "/api/trpc/__proto__",
    "/api/v1/constructor",
    "/api/%ff%fe",
    "/api/trpc/",
  ])
    assert.equal((await fetch(`${base}${path}`, { headers: bearer() })).status, 404, path);
});

test("a cursor that no list gave, and a status that is none, are the caller's mistakes", async () => {
  const inputs = [
    ["telemetry.searchTraces", { filter: {}, cursor: "x" }],
    ["telemetry.searchTraces", { filter: {}, cursor: "1" }],
    ["telemetry.searchRequests", { filter: {}, cursor: "-1" }],
    ["telemetry.searchRequests", { filter: { status: "5x" } }],
  ] as const;
  for (const [path, input] of inputs) {
    const query = encodeURIComponent(JSON.stringify({ json: input }));
    const answer = await fetch(`${base}/api/trpc/${path}?input=${query}`, { headers: bearer() });
    assert.equal(answer.status, 400, `${path} ${JSON.stringify(input)}`);
  }
});

test("a live socket survives what is no message, and ends with one that is too long", async () => {
  const subscriptions = Object.entries(appRouter._def.procedures)
    .filter(
      ([, procedure]) =>
        (procedure as unknown as { readonly _def: { readonly type: string } })._def.type === "subscription",
    )
    .map(([name]) => name);
  assert.ok(subscriptions.length > 0);
  const socket = new WebSocket(`${base.replace("http", "ws")}/api/live`, { headers: bearer() });
  await once(socket, "open");
  const answers: string[] = [];
  socket.on("message", (data: Buffer) => answers.push(data.toString()));
  const closed = once(socket, "close");
  for (const text of ["", "{", "[]", "null", "1", '{"id":null}', `{"id":1,"method":"x"}`]) socket.send(text);
  let id = 100;
  for (const path of [...subscriptions, "none", "__proto__"])
    for (const input of [null, 1, "x\u0000", [], { json: { lastEventId: {} } }, { json: { limit: -1 } }])
      socket.send(
        JSON.stringify({ id: id++, jsonrpc: "2.0", method: "subscription", params: { path, input } }),
      );
  socket.send(JSON.stringify({ id: 1, jsonrpc: "2.0", method: "query", params: { path: "session.me" } }));
  await once(socket, "message", { signal: AbortSignal.timeout(30_000) });
  socket.send("x".repeat(2 << 20));
  const [code] = (await closed) as [number];
  assert.equal(code, 1009);
  assert.doesNotMatch(answers.join("\n"), /PostgresError|node_modules|"stack"/);
  assert.equal((await fetch(`${base}/api/v1/session/me`, { headers: bearer() })).status, 200);
});
