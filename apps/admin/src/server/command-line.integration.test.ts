import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { configMigrations } from "@sluice/config";
import { migrateAll } from "@sluice/database";
import { startPostgres, TestCertificates, type TestPostgres } from "@sluice/harness";
import { telemetryMigrations } from "@sluice/telemetry";
import { parse } from "yaml";
import { authMigrations, ensureFirstUser } from "./auth/index.ts";
import { readEnvironment } from "./environment.ts";
import { type AdminServer, startAdminServer } from "./start-admin-server.ts";

// The `sluice` command as people run it: a process, against a real server.
const MAIN = fileURLToPath(new URL("../../../../packages/cli/src/main.ts", import.meta.url));
const ADMIN = { email: "root@example.org", password: "a long first password" };
const CLUSTER = "{ name: web, connect_timeout: 1s }";
const PASSPHRASE = "a passphrase of some length";

interface Appliance {
  readonly server: AdminServer;
  readonly env: Readonly<Record<string, string>>;
}

let postgres: TestPostgres;
let dir: string;
let main: Appliance;
const servers: AdminServer[] = [];
const certificates = new TestCertificates();

before(async () => {
  postgres = await startPostgres();
  dir = mkdtempSync(join(tmpdir(), "sluice-cli-"));
  mkdirSync(join(dir, "sources", "edge"), { recursive: true });
  main = await startAppliance("main");
});
after(async () => {
  for (const server of servers) await server.close();
  await postgres?.close();
  certificates.remove();
  rmSync(dir, { recursive: true, force: true });
});

async function startAppliance(name: string): Promise<Appliance> {
  const databaseUrl = await postgres.createDatabase();
  await migrateAll(databaseUrl, [configMigrations, authMigrations, telemetryMigrations]);
  await ensureFirstUser(databaseUrl, ADMIN);
  const server = await startAdminServer(
    readEnvironment({
      DATABASE_URL: databaseUrl,
      SLUICE_DATA_DIR: join(dir, name),
      SLUICE_SOURCES_DIR: join(dir, "sources"),
      PORT: "0",
      SLUICE_LOG_LEVEL: "silent",
      SLUICE_VALIDATOR: "off",
    }),
    { pages: async (_request, response) => void response.end() },
  );
  servers.push(server);
  const base = `http://127.0.0.1:${server.port}`;
  const signedIn = await fetch(`${base}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(ADMIN),
  });
  const token = signedIn.headers.get("set-auth-token") ?? "";
  const env = { SLUICE_SERVER: base, SLUICE_TOKEN: token, SLUICE_BACKUP_PASSPHRASE: PASSPHRASE };
  return { server, env };
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function sluice(args: readonly string[], appliance = main, input = ""): Promise<Ran> {
  const env = { ...process.env, ...appliance.env, XDG_CONFIG_HOME: dir, NO_COLOR: "1" };
  return await new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], { env, timeout: 120_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err }),
    );
    child.stdin?.end(input);
  });
}

async function json(args: readonly string[], input = ""): Promise<unknown> {
  const { code, out, err } = await sluice([...args, "-o", "json"], main, input);
  assert.equal(code, 0, `${args.join(" ")}: ${out}${err}`);
  return JSON.parse(out);
}

/** What a person sees who did it wrong: the code, and words on standard error. */
async function refused(code: number, words: RegExp, args: readonly string[]): Promise<void> {
  const ran = await sluice(args);
  assert.deepEqual([ran.code, ran.out], [code, ""], ran.err);
  assert.match(ran.err, words);
}

test("import and export", async () => {
  const file = join(dir, "envoy.yaml");
  writeFileSync(file, `static_resources: { clusters: [${CLUSTER}] }`);
  const preview = await sluice(["import", file, "--preview"]);
  assert.equal(preview.code, 0, preview.err);
  assert.match(preview.out, /web/);
  assert.equal((await sluice(["import", file, "-o", "yaml"])).code, 0);
  const exported = await sluice(["export", "--draft"]);
  assert.match(exported.out, /name: web/);
  writeFileSync(join(dir, "broken.yaml"), "static_resources: [");
  await Promise.all([
    refused(1, /broken\.yaml/, ["import", join(dir, "broken.yaml")]),
    refused(1, /nowhere\.yaml/, ["import", join(dir, "nowhere.yaml")]),
  ]);
});

test("secret and certificate", async () => {
  const { certificatePath: certificate, keyPath: key } = certificates.create("shop", {
    names: "DNS:shop.example",
  });
  await json(["secret", "put", "shop", "--certificate", certificate, "--key", key]);
  const [secrets, table, yaml] = await Promise.all([
    json(["secret", "list"]),
    sluice(["certificate", "list"]),
    sluice(["certificate", "show", "shop", "-o", "yaml"]),
    refused(1, /nobody/, ["certificate", "show", "nobody"]),
    refused(2, /belong together/, ["secret", "put", "half", "--certificate", join(dir, "none.pem")]),
  ]);
  assert.deepEqual(
    (secrets as { name: string }[]).map(({ name }) => name),
    ["shop"],
  );
  assert.match(table.out, /shop/);
  assert.ok(Array.isArray(parse(yaml.out)));
  assert.doesNotMatch(yaml.out, /PRIVATE KEY/);
  await json(["secret", "remove", "shop"]);
});

test("notification and alert", async () => {
  await Promise.all([
    json(["notification", "create", "hook", "--webhook", "https://hooks.example/"]),
    json(["alert", "put", "busy", "--measure", "error_rate", "--above", "0.1"]),
  ]);
  const [list, rules] = await Promise.all([
    sluice(["notification", "list", "-o", "yaml"]),
    sluice(["alert", "rules"]),
    refused(3, /already/, ["notification", "create", "hook", "--webhook", "https://hooks.example/"]),
    refused(2, /measure/, ["alert", "put", "odd", "--measure", "beauty", "--above", "1"]),
    json(["alert", "silence", "busy", "--for", "1h", "-m", "work"]),
  ]);
  assert.match(list.out, /name: hook/);
  assert.match(rules.out, /busy/);
  await Promise.all([json(["notification", "remove", "hook"]), json(["alert", "remove", "busy"])]);
});

test("source", async () => {
  writeFileSync(join(dir, "sources", "edge", "envoy.yaml"), `static_resources: { clusters: [${CLUSTER}] }`);
  await json(["source", "add", "edge", "edge", "--directory"]);
  const [list] = await Promise.all([
    sluice(["source", "list"]),
    refused(2, /--apply/, ["source", "add", "odd", "edge", "--directory", "--apply", "never"]),
    refused(1, /nobody/, ["source", "sync", "nobody"]),
  ]);
  assert.match(list.out, /edge/);
  const changed = await json(["source", "change", "edge", "edge", "--directory", "--wins", "ui"]);
  assert.equal((changed as { winner: string }).winner, "ui");
  assert.equal((await sluice(["source", "remove", "edge"])).code, 0);
});

test("people, roles and sessions", async () => {
  const [invited] = await Promise.all([
    json(["people", "invite", "ivy@example.org", "--role", "viewer", "--name", "Ivy"]),
    json(["role", "put", "oncall", "--allow", "config.read", "--allow", "node.operate", "--groups", "edge"]),
    json(["people", "add", "joe@example.org", "--role", "editor", "--password-stdin"], PASSPHRASE),
    refused(1, /nobody here/, ["people", "disable", "zoe@example.org"]),
    refused(2, /--allow/, ["role", "put", "empty"]),
  ]);
  const { link, id } = invited as { link: string; id: string };
  const token = link.split("#")[1];
  assert.equal(new URL(link).pathname, "/accept");
  const accepted = await fetch(`${main.env.SLUICE_SERVER}/api/v1/invitation/accept`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token, password: "tartan umbrella 93 kiosk" }),
  });
  assert.equal(accepted.status, 200, "the link opens what it says");
  const [reset] = await Promise.all([
    json(["people", "reset-password", "ivy@example.org"]),
    json(["people", "role", "joe@example.org", "oncall"]),
    refused(1, /no such open link/, ["people", "revoke-link", id]),
  ]);
  const [links, list, roles, own] = await Promise.all([
    sluice(["people", "links"]),
    sluice(["people", "list"]),
    sluice(["role", "list"]),
    json(["session", "list"]),
    json(["people", "revoke-link", (reset as { id: string }).id]),
    json(["people", "reset-second-factor", "ivy@example.org"]),
    json(["people", "disable", "joe@example.org"]),
    refused(3, /have the role/, ["role", "remove", "oncall"]),
  ]);
  assert.match(`${links.out}${list.out}`, /ivy@example\.org/);
  assert.match(list.out, /joe@example\.org +joe@example\.org +oncall/);
  assert.match(roles.out, /oncall +no +1 +config\.read node\.operate/);
  assert.equal((own as unknown[]).length, 1);
  await json(["people", "enable", "joe@example.org"]);
  await json(["people", "remove", "joe@example.org"]);
  await Promise.all([
    json(["role", "remove", "oncall"]),
    json(["session", "end-others"]),
    refused(1, /no such passkey/, ["passkey", "remove", "none"]),
    refused(3, /authenticator app/, ["sign-on", "second-factor", "required", "--grace-days", "3"]),
  ]);
  const policy = await sluice(["sign-on", "second-factor"]);
  assert.match(policy.out, /optional\n.*have none: 2/);
});

test("backup and restore", async () => {
  const file = join(dir, "all.sluice");
  const made = (await json(["backup", file])) as { bytes: number };
  assert.ok(made.bytes > 0);
  const empty = await startAppliance("second");
  await Promise.all([
    refused(1, /use --force/, ["backup", file]),
    refused(1, /does not exist/, ["restore", join(dir, "none")]),
  ]);
  const damaged = join(dir, "damaged.sluice");
  writeFileSync(damaged, "no backup");
  assert.equal((await sluice(["restore", damaged], empty)).code, 1);
  const restored = await sluice(["restore", file, "-o", "json"], empty);
  assert.equal(restored.code, 0, restored.err);
  assert.ok((JSON.parse(restored.out) as { tables: number }).tables > 0);
});
