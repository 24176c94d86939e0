import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  addSource,
  applySource,
  breakGlass,
  type Context,
  changeSource,
  exportFiles,
  getApproval,
  getResource,
  listSources,
  listVersions,
  loadKeyRing,
  planSource,
  protectGroup,
  putResource,
  refuseRequest,
  removeResource,
  removeSource,
  resetDraft,
  type SourceSettings,
  unprotectGroup,
} from "@sluice/config";
import { configMigrations } from "@sluice/config/migrations";
import { parseOutboundPolicy } from "@sluice/config/outbound";
import { migrateAll, type OpenDatabase, openDatabase } from "@sluice/database";
import { startPostgres } from "@sluice/harness";
import { pino } from "pino";
import type { Services } from "../services.ts";
import { checkSource } from "./check-source.ts";
import { fetchSource } from "./fetch-source.ts";
import { serveWebhook } from "./serve-webhook.ts";
import { startSourceEngine } from "./source-engine.ts";

const root = mkdtempSync(join(tmpdir(), "sluice-sources-"));
const repository = join(root, "repository");
const ring = loadKeyRing({
  secretKey: "ab".repeat(32),
  secretKeyFile: undefined,
  dataDir: "",
  warn: () => {},
});
const policy = parseOutboundPolicy("");
const services = { ring, root, policy };
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let database: OpenDatabase;
let ahead = 0;

before(async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase();
  await migrateAll(url, [configMigrations]);
  database = openDatabase(url);
  mkdirSync(repository);
  git("init", "--quiet", "--initial-branch=main");
});
after(async () => {
  await database.close();
  await postgres.close();
  rmSync(root, { recursive: true, force: true });
});

const as = (name: string, role: "admin" | "publisher"): Context => ({
  db: database.db,
  sql: database.sql,
  actor: { id: name, name, role },
  now: () => new Date(Date.now() + ahead),
});
const ann = () => as("ann", "admin");
const bea = () => as("bea", "publisher");

function git(...args: string[]): string {
  const who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
  return execFileSync("git", ["-C", repository, ...who, ...args], { encoding: "utf8" }).trim();
}

/** Makes a commit of these files alone. */
function commit(files: Readonly<Record<string, string>>, subject: string): string {
  git("rm", "-r", "--quiet", "--ignore-unmatch", ".");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(repository, path, ".."), { recursive: true });
    writeFileSync(join(repository, path), text);
  }
  git("add", "--all");
  git("commit", "--quiet", "--allow-empty", "-m", subject);
  return git("rev-parse", "HEAD");
}

const cluster = (name: string, timeout = "1s") => `# ${name}\nname: ${name}\nconnect_timeout: ${timeout}\n`;
const settings = (more: Partial<SourceSettings> = {}): SourceSettings => ({
  name: "shop",
  kind: "git",
  location: pathToFileURL(repository).href,
  ref: "main",
  path: "conf",
  winner: "source",
  apply: "automatic",
  ...more,
});
const state = async (name = "shop") => (await listSources(bea())).find((each) => each.name === name);

test("a commit is fetched, taken in and published with its subject; edits of its resources are refused by name", async () => {
  const first = commit(
    {
      "conf/clusters/a.yaml": cluster("a"),
      "conf/clusters/b.yaml": cluster("b"),
      "other/x.yaml": "no: config",
    },
    "Add two clusters",
  );
  await assert.rejects(addSource(bea(), ring, settings()), { code: "forbidden" });
  const added = await addSource(ann(), ring, settings());
  assert.equal(added.webhookSecret.length, 32);
  const applied = await checkSource(ann(), services, "shop");
  assert.deepEqual(applied, { commit: first, changed: 2, version: 1, request: undefined });
  const [version] = (await listVersions(bea(), {})).versions;
  assert.equal(version?.message, `Source shop at ${first.slice(0, 10)}: Add two clusters`);
  assert.equal(version?.author, "source shop");
  assert.equal((await getResource(bea(), { kind: "clusters", name: "a" })).yaml, cluster("a"));
  const found = await state();
  assert.deepEqual([found?.phase, found?.appliedCommit, found?.resources], ["in_sync", first, 2]);
  const refused = { code: "forbidden", message: /clusters 'a' comes from the source 'shop', which wins/ };
  const edit = { kind: "clusters", name: "a", yaml: cluster("a", "9s"), expectedRevision: 1 } as const;
  await assert.rejects(putResource(bea(), edit), refused);
  await assert.rejects(putResource(bea(), { ...edit, yaml: cluster("renamed") }), refused);
  await assert.rejects(removeResource(ann(), { kind: "clusters", name: "a" }), refused);
  assert.equal(await checkSource(ann(), services, "shop"), undefined);
});

test("what left the repository leaves the draft, and a commit with errors changes nothing", async () => {
  const bad = commit({ "conf/clusters/a.yaml": "name: a\nconnect_timeout: soon\n" }, "Break it");
  assert.equal(await checkSource(ann(), services, "shop"), undefined);
  const blocked = await state();
  assert.deepEqual([blocked?.phase, blocked?.commit], ["blocked", bad]);
  assert.match(blocked?.message ?? "", /clusters\/a connect_timeout/);
  assert.equal((await getResource(bea(), { kind: "clusters", name: "a" })).yaml, cluster("a"));
  commit({ "conf/clusters/a.yaml": "name: [\n" }, "Break the syntax");
  await checkSource(ann(), services, "shop");
  assert.match((await state())?.message ?? "", /clusters\/a\.yaml:\d+:\d+/);
  const good = commit({ "conf/clusters/a.yaml": cluster("a", "2s") }, "Mend it");
  assert.deepEqual(await checkSource(ann(), services, "shop"), {
    commit: good,
    changed: 2,
    version: 2,
    request: undefined,
  });
  await assert.rejects(getResource(bea(), { kind: "clusters", name: "b" }), { code: "not_found" });
});

test("half-done work of others is never published along: the commit waits and says what for", async () => {
  await putResource(bea(), { kind: "clusters", yaml: cluster("mine") });
  const next = commit({ "conf/clusters/a.yaml": cluster("a", "3s") }, "Slower");
  assert.equal(await checkSource(ann(), services, "shop"), undefined);
  const waiting = await state();
  assert.deepEqual(
    [waiting?.phase, waiting?.message],
    ["blocked", "the draft has other changes (clusters/mine): publish or undo them first"],
  );
  const plan = await planSource(bea(), ring, "shop");
  assert.equal(plan.commit, next);
  assert.deepEqual(
    plan.changes.map(({ name, change, fields }) => [name, change, fields]),
    [["a", "modified", [{ path: "connect_timeout", before: "2s", after: "3s" }]]],
  );
  await resetDraft(bea());
  assert.equal((await checkSource(ann(), services, "shop"))?.version, 3);
});

test("where the dashboard wins, edits stand and the difference is shown field by field", async () => {
  await changeSource(ann(), ring, settings({ winner: "ui", apply: "manual" }));
  await putResource(bea(), { kind: "clusters", name: "a", yaml: cluster("a", "7s"), expectedRevision: 3 });
  const next = commit({ "conf/clusters/a.yaml": cluster("a", "4s") }, "Four");
  assert.equal(await checkSource(ann(), services, "shop"), undefined);
  assert.equal((await state())?.phase, "pending");
  const plan = await planSource(bea(), ring, "shop");
  assert.deepEqual(
    plan.drift.map(({ name, fields }) => [name, fields]),
    [["a", [{ path: "connect_timeout", before: "3s", after: "4s" }]]],
  );
  await assert.rejects(applySource(bea(), ring, { name: "shop", commit: "0".repeat(40) }), {
    code: "conflict",
  });
  const applied = await applySource(bea(), ring, { name: "shop", commit: next, publish: false });
  assert.deepEqual([applied.changed, applied.version], [1, undefined]);
  await assert.rejects(addSource(ann(), ring, settings({ name: "x", winner: "ui" })), { code: "bad_input" });
});

test("a directory is a source too, only below its root; two sources do not share a resource", async () => {
  const folder = join(root, "plain");
  mkdirSync(join(folder, "clusters"), { recursive: true });
  writeFileSync(join(folder, "clusters", "d.yaml"), cluster("d"));
  symlinkSync("/etc/passwd", join(folder, "clusters", "link.yaml"));
  symlinkSync("/etc", join(root, "outside"));
  const directory = settings({
    name: "plain",
    kind: "directory",
    location: "plain",
    path: "",
    apply: "manual",
  });
  await addSource(ann(), ring, directory);
  await checkSource(ann(), services, "plain");
  const applied = await applySource(bea(), ring, { name: "plain", publish: false });
  assert.equal(applied.changed, 1);
  const files = (await exportFiles(bea(), "draft")).files.map(({ path }) => path);
  assert.ok(files.includes("clusters/d.yaml"));
  writeFileSync(join(folder, "clusters", "a.yaml"), cluster("a"));
  await checkSource(ann(), services, "plain");
  await assert.rejects(
    applySource(bea(), ring, { name: "plain", publish: false }),
    /comes from the source 'shop' already/,
  );
  for (const location of ["/etc", "..", "outside"]) {
    await changeSource(ann(), ring, { ...directory, location });
    await checkSource(ann(), services, "plain");
    const found = await state("plain");
    assert.equal(found?.phase, "failed");
    assert.match(found?.message ?? "", /not below SLUICE_SOURCES_DIR/);
  }
  await removeSource(ann(), "plain");
  await removeResource(bea(), { kind: "clusters", name: "d" });
});

test("addresses, branches and folders that git could take for something else are refused", async () => {
  const bad: readonly Partial<SourceSettings>[] = [
    { location: "ext::sh -c touch% /tmp/x" },
    { location: "ssh://-oProxyCommand=touch/x" },
    { location: "--upload-pack=touch" },
    { location: "https://user:pass@example.org/x" },
    { location: "http://example.org/x.git" },
    { ref: "--upload-pack=touch" },
    { ref: "a..b" },
    { path: "../other" },
    { path: "-x" },
    { name: "A b" },
    { intervalMs: 1 },
  ];
  for (const each of bad)
    await assert.rejects(
      addSource(ann(), ring, settings({ name: "bad", ...each })),
      { code: "bad_input" },
      JSON.stringify(each),
    );
});

test("what git cannot give is told in its words, and links and hooks in a repository mean nothing", async () => {
  const due = {
    ...settings(),
    kind: "git",
    ref: "main",
    path: "",
    intervalMs: 1,
    appliedCommit: undefined,
    credentials: {},
    webhookSecret: undefined,
  } as const;
  symlinkSync("/etc/hostname", join(repository, "link.yaml"));
  git("add", "--all");
  git("commit", "--quiet", "-m", "A link");
  const found = await fetchSource(due, services);
  assert.deepEqual(
    found.files.map(({ path }) => path),
    ["conf/clusters/a.yaml"],
  );
  const failed = (message: RegExp) => ({ name: "FetchError", message });
  await assert.rejects(
    fetchSource({ ...due, ref: "no-such" }, services),
    failed(/couldn't find remote ref no-such/),
  );
  await assert.rejects(fetchSource({ ...due, path: "nowhere" }, services), failed(/no folder 'nowhere'/));
  await assert.rejects(
    fetchSource({ ...due, location: pathToFileURL("/").href }, services),
    failed(/not below/),
  );
  for (const location of ["https://127.0.0.1/x.git", "ssh://git@[::1]/x.git"])
    await assert.rejects(
      fetchSource({ ...due, location }, services),
      failed(/not an address of the public Internet/),
    );
  await assert.rejects(fetchSource(due, { root: undefined, policy }), failed(/SLUICE_SOURCES_DIR/));
});

test("a webhook with the secret has the source looked at; one replica of several does it", async () => {
  await resetDraft(bea());
  const { webhookSecret } = await addSource(
    ann(),
    ring,
    settings({ name: "hook", path: "hook", apply: "automatic" }),
  );
  commit({ "conf/clusters/a.yaml": cluster("a", "4s"), "hook/clusters/h.yaml": cluster("h") }, "Hook");
  const log = pino({ level: "silent" });
  const context = ann();
  const server = createServer((request, response) => {
    const used = { ...context, ring } as unknown as Services;
    void serveWebhook(request, response, request.url ?? "", used);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/webhook/source/`;
  const post = async (name: string, headers: Readonly<Record<string, string>>) =>
    (await fetch(url + name, { method: "POST", body: "{}", headers })).status;
  const engines = ["one", "two"].map((replica) =>
    startSourceEngine({ context, services, replica, log, tickMs: 20 }),
  );
  try {
    await waitFor(async () => (await state("hook"))?.phase === "in_sync");
    ahead += 10_000;
    const next = commit(
      { "conf/clusters/a.yaml": cluster("a", "4s"), "hook/clusters/h.yaml": cluster("h", "5s") },
      "More",
    );
    assert.equal(await post("hook", { authorization: "Bearer wrong" }), 404);
    assert.equal(await post("nobody", { authorization: `Bearer ${webhookSecret}` }), 404);
    const mac = createHmac("sha256", webhookSecret).update("{}").digest("hex");
    assert.equal(await post("hook", { "x-hub-signature-256": `sha256=${mac}` }), 202);
    assert.equal(await post("hook", { "x-gitlab-token": webhookSecret }), 202);
    await waitFor(async () => (await state("hook"))?.appliedCommit === next);
    const messages = (await listVersions(bea(), {})).versions.map(({ message }) => message);
    assert.equal(messages.filter((message) => message.endsWith(": More")).length, 1);
  } finally {
    await Promise.all(engines.map((engine) => engine.close()));
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("to a protected group a source asks too, says that it waits, and is blocked when it was refused", async () => {
  await protectGroup(ann(), "default");
  commit(
    { "conf/clusters/a.yaml": cluster("a", "4s"), "hook/clusters/h.yaml": cluster("h", "6s") },
    "Slower still",
  );
  const { request = 0 } = (await checkSource(ann(), services, "hook")) ?? {};
  assert.equal((await getApproval(bea(), request)).requestedBy, "source hook");
  assert.equal(await checkSource(ann(), services, "hook"), undefined);
  const waiting = await state("hook");
  assert.equal(waiting?.phase, "waiting");
  assert.match(waiting?.message ?? "", new RegExp(`version \\d+ waits for approval: request ${request}$`));
  await refuseRequest(ann(), { id: request, reason: "not now" });
  const refused = await state("hook");
  assert.equal(refused?.phase, "blocked");
  assert.match(refused?.message ?? "", /was refused by ann: not now/);
  const again = await applySource(ann(), ring, { name: "hook" });
  const emergency = { reason: "the test goes on", confirm: "default" };
  await breakGlass(ann(), { ...emergency, id: again.request ?? 0 });
  assert.equal((await state("hook"))?.phase, "in_sync");
  const { id } = await unprotectGroup(ann(), { group: "default", reason: "the test goes on" });
  await breakGlass(ann(), { ...emergency, id });
});

async function waitFor(isSo: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + 30_000;
  while (!(await isSo())) {
    assert.ok(performance.now() < until, "it did not come about in 30 s");
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
