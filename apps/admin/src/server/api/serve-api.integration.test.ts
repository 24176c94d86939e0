import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestAdmin, type TestAdmin } from "../testing/start-test-admin.ts";
import { OPERATIONS } from "./operations.ts";
import { SUMMARIES } from "./summaries.ts";

const CLUSTER = "name: web\ntype: STATIC\nconnect_timeout: 1s\nload_assignment: { cluster_name: web }\n";

let admin: TestAdmin;
let base: string;
let token: string;

before(async () => {
  admin = await startTestAdmin();
  base = await admin.start();
  token = await admin.token(base);
});
after(() => admin?.close());

interface Called {
  readonly status: number;
  readonly body: Record<string, unknown> & {
    readonly error?: { code: string; message: string; details?: unknown };
  };
}

async function call(path: string, input?: unknown, headers: Record<string, string> = {}): Promise<Called> {
  const answer = await fetch(`${base}${path}`, {
    method: input === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    ...(input === undefined ? {} : { body: typeof input === "string" ? input : JSON.stringify(input) }),
  });
  return { status: answer.status, body: (await answer.json()) as Called["body"] };
}

test("a configuration is put, published, listed and explained with plain HTTP", async () => {
  const put = await call("/api/v1/draft/put", { kind: "clusters", yaml: CLUSTER });
  assert.deepEqual([put.status, put.body.name], [200, "web"]);
  const published = await call("/api/v1/version/publish", { message: "by hand" });
  assert.equal(published.status, 200);
  const list = await call("/api/v1/version/list?limit=1");
  const [first] = list.body.versions as readonly Record<string, unknown>[];
  assert.deepEqual([first?.number, first?.message, first?.tags], [1, "by hand", []]);
  const explained = await call("/api/v1/explain/request?source=draft&method=GET&url=http://x/&headers=[]");
  assert.deepEqual([explained.status, explained.body.outcome], [200, "no_listener"]);
  const diff = await call("/api/v1/history/diff?before=1&after=draft");
  assert.deepEqual(diff.body, []);
  const impact = await call("/api/v1/review/impact");
  assert.deepEqual(impact.body.clusters, []);
  const dryRun = await call("/api/v1/review/dryRun");
  assert.deepEqual(
    [dryRun.body.state, dryRun.body.reason],
    ["unavailable", "this server has no proxy to ask"],
  );
});

test("refusals have their status, a code and words, and what does not fit is named", async () => {
  const code = ({ status, body }: Called) => [status, body.error?.code];
  assert.deepEqual(code(await call("/api/v1/version/get?number=99")), [404, "not_found"]);
  assert.deepEqual(code(await call("/api/v1/version/publish", { message: "m" })), [
    412,
    "nothing_to_publish",
  ]);
  assert.deepEqual(code(await call("/api/v1/nowhere")), [404, "NOT_FOUND"]);
  assert.deepEqual(code(await call("/api/v1/version/publish")), [405, "METHOD_NOT_ALLOWED"]);
  assert.deepEqual(code(await call("/api/v1/draft/put", "{")), [400, "BAD_REQUEST"]);
  assert.deepEqual(code(await call("/api/v1/draft/put", "a=b", { "content-type": "text/plain" })), [
    415,
    "BAD_REQUEST",
  ]);
  assert.deepEqual(code(await call("/api/v1/version/list", undefined, { authorization: "Bearer no" })), [
    401,
    "UNAUTHORIZED",
  ]);
  const odd = await call("/api/v1/version/list?limit=many");
  assert.deepEqual(code(odd), [400, "BAD_REQUEST"]);
  assert.match(odd.body.error?.message ?? "", /^limit: /);
});

test("another site's page cannot use somebody's session", async () => {
  const answer = await call(
    "/api/v1/draft/remove",
    { kind: "clusters", name: "web" },
    { origin: "http://evil.example" },
  );
  assert.equal(answer.status, 403);
});

test("the document lists every operation, and no summary speaks of one that is not there", async () => {
  const document = (await call("/api/openapi.json")).body as unknown as {
    openapi: string;
    paths: Record<string, { get?: { parameters: { name: string }[] }; post?: { requestBody: unknown } }>;
  };
  assert.equal(document.openapi, "3.1.0");
  assert.deepEqual(Object.keys(document.paths), [...OPERATIONS.keys()]);
  assert.deepEqual(
    document.paths["/api/v1/version/list"]?.get?.parameters.map(({ name }) => name),
    ["before", "limit", "search", "cursor"],
  );
  assert.ok(document.paths["/api/v1/version/publish"]?.post?.requestBody);
  const names = new Set([...OPERATIONS.values()].map(({ name }) => name));
  assert.deepEqual(
    Object.keys(SUMMARIES).filter((name) => !names.has(name)),
    [],
  );
});
