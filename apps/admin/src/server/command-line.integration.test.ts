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
import { secretIn, totp } from "@sluice/harness/totp";
import { telemetryMigrations } from "@sluice/telemetry";
import { parse } from "yaml";
import { runCommand } from "../../../../packages/cli/src/run-command.ts";
import { authMigrations, ensureFirstUser } from "./auth/index.ts";
import { readEnvironment } from "./environment.ts";
import { type AdminServer, startAdminServer } from "./start-admin-server.ts";

// The `sluice` command as people run it, against a real server.
const MAIN = fileURLToPath(new URL("../../../../packages/cli/src/main.ts", import.meta.url));
const ADMIN = { email: "root@example.org", password: "a long first password" };
const CLUSTER = "{ name: web, connect_timeout: 1s }";
const PASSPHRASE = "a passphrase of some length";
const TSIG_SECRET = "c2l4dGVlbiBieXRlcyBhdCBsZWFzdA==";

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

/** In this process, which is quicker and the same but for standard input and the process's end. */
async function sluice(args: readonly string[], appliance = main): Promise<Ran> {
  let out = "";
  let err = "";
  const code = await runCommand(args, {
    environment: { ...process.env, ...appliance.env, XDG_CONFIG_HOME: dir, NO_COLOR: "1" },
    write: (text) => {
      out += text;
    },
    warn: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

async function sluiceProcess(args: readonly string[], input = "", appliance = main): Promise<Ran> {
  const env = { ...process.env, ...appliance.env, XDG_CONFIG_HOME: dir, NO_COLOR: "1" };
  return await new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], { env, timeout: 120_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err }),
    );
    child.stdin?.end(input);
  });
}

async function json(args: readonly string[], input?: string): Promise<unknown> {
  const asked = [...args, "-o", "json"];
  const { code, out, err } = await (input === undefined ? sluice(asked) : sluiceProcess(asked, input));
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
  const preview = await sluiceProcess(["import", file, "--preview"]);
  assert.equal(preview.code, 0, preview.err);
  assert.match(preview.out, /web/);
  assert.equal((await sluiceProcess(["import", file, "-o", "yaml"])).code, 0);
  const exported = await sluiceProcess(["export", "--draft"]);
  assert.match(exported.out, /name: web/);
  writeFileSync(join(dir, "broken.yaml"), "static_resources: [");
  await refused(1, /broken\.yaml/, ["import", join(dir, "broken.yaml")]);
  const nowhere = await sluiceProcess(["import", join(dir, "nowhere.yaml")]);
  assert.deepEqual([nowhere.code, nowhere.out], [1, ""]);
  assert.match(nowhere.err, /nowhere\.yaml/);
});

test("draft", async () => {
  const file = join(dir, "api.yaml");
  writeFileSync(file, "# kept\nname: api\nconnect_timeout: 1s\n");
  const wrong = join(dir, "wrong.yaml");
  writeFileSync(wrong, "name: wrong\nconnect_timeot: 1s\n");
  const made = (await json(["draft", "put", "cluster", file])) as { revision: number };
  await Promise.all([
    refused(2, /--set, --insert, --remove/, ["draft", "patch", "clusters", "api"]),
    refused(2, /--all/, ["draft", "reset"]),
    refused(3, /meanwhile/, ["draft", "put", "clusters", file, "--revision", String(made.revision + 5)]),
    sluice(["draft", "put", "clusters", wrong, "--check"]).then(({ code, out }) => {
      assert.equal(code, 1);
      assert.match(out, /wrong\.yaml:2:1: error: connect_timeot: .*connect_timeout/);
    }),
  ]);
  const sets = ["--set", "connect_timeout=2s", "--set", "metadata.filter_metadata[a.b]={ c: 1 }"];
  await json(["draft", "patch", "clusters", "api", ...sets, "--remove", "metadata"]);
  const endpoint = { cluster_name: "api", endpoints: [{ priority: 1 }] };
  await json(["draft", "put", "endpoints", "-"], JSON.stringify(endpoint));
  await json(["draft", "patch", "endpoints", "api", "--insert", "endpoints[0]={ priority: 0 }"]);
  const editor = { ...main, env: { ...main.env, EDITOR: "sed -i s/2s/3s/" } };
  const edited = await sluice(["draft", "edit", "clusters", "api"], editor);
  assert.equal(edited.code, 0, edited.err);
  const [shown, listed, status] = await Promise.all([
    sluice(["draft", "show", "cds", "api"]),
    sluice(["draft", "list", "--search", "api"]),
    sluice(["draft", "status"]),
    sluice(["draft", "route", "--to", "[::1]:8080", "--path", "/shop", "-o", "json"]),
  ]);
  assert.equal(shown.out, "# kept\nname: api\nconnect_timeout: 3s\n");
  assert.match(listed.out, /clusters +api +added[\s\S]*endpoints +api +added/);
  assert.match(status.out, /added +\d/);
  const uses = await sluice(["draft", "uses", "routes", "http-10000"]);
  assert.match(uses.out, /routes\/http-10000 .*clusters\/.*\nlisteners\/http-10000 .*routes\/http-10000/);
  await json(["draft", "remove", "endpoints", "api"]);
  await json(["draft", "reset", "clusters", "api"]);
  await refused(1, /no clusters 'api'/, ["draft", "show", "clusters", "api"]);
  assert.equal((await sluice(["draft", "reset", "--all"])).code, 0);
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
  const updated = ["--update-server", "ns1.example:5353", "--tsig-name", "acme", "--tsig-secret-stdin"];
  await Promise.all([
    json(["secret", "remove", "shop"]),
    json(
      ["certificate", "dns-provider", "put", "bind", ...updated, "--zone", "shop.example"],
      `${TSIG_SECRET}\n`,
    ),
    refused(2, /one of: --webhook, --update-server/, ["certificate", "dns-provider", "put", "none"]),
    refused(2, /needs --tsig-name/, ["certificate", "dns-provider", "put", "bare", "--update-server", "ns1"]),
  ]);
  const providers = await sluice(["certificate", "dns-provider", "list"]);
  assert.match(providers.out, /bind +rfc2136 +ns1\.example:5353 +acme +the zone's own +yes/);
  assert.doesNotMatch(providers.out, new RegExp(TSIG_SECRET));
});

test("notification and alert", async () => {
  await Promise.all([
    json(["notification", "create", "hook", "--webhook", "https://hooks.example/"]),
    json(["alert", "put", "busy", "--measure", "error_rate", "--above", "0.1"]),
  ]);
  const narrowed = await json([
    "notification",
    "change",
    "hook",
    "--events",
    "node.lost",
    "--new-signing-key",
  ]);
  assert.match(JSON.stringify(narrowed), /"url":"https:\/\/hooks\.example\/".*"node\.lost".*whsec_/);
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

test("one's own second factor and password", async () => {
  const uma = { email: "uma@example.org", password: "tartan umbrella 93 kiosk" };
  const next = "copper lantern 41 ferry";
  await json(["people", "add", uma.email, "--role", "viewer", "--password-stdin"], uma.password);
  const hers: Appliance = { ...main, env: {} };
  const server = main.env.SLUICE_SERVER ?? "";
  const signIn = ["login", "--server", server, "--email", uma.email, "--password-stdin"];
  assert.equal((await sluiceProcess(signIn, uma.password, hers)).code, 0);
  const begun = await sluiceProcess(
    ["two-factor", "enable", "--password-stdin", "-o", "json"],
    uma.password,
    hers,
  );
  assert.equal(begun.code, 0, begun.err);
  const { totpURI } = JSON.parse(begun.out) as { totpURI: string };
  const wrong = await sluice(["two-factor", "confirm", "000000"], hers);
  assert.notEqual(wrong.code, 0);
  const confirmed = await sluice(["two-factor", "confirm", totp(secretIn(totpURI))], hers);
  assert.deepEqual([confirmed.code, confirmed.err], [0, ""]);
  assert.match((await sluice(["session", "show"], hers)).out, /authenticator app: yes/);
  const changed = await sluiceProcess(["password", "--passwords-stdin"], `${uma.password}\n${next}\n`, hers);
  assert.deepEqual([changed.code, changed.err], [0, ""]);
  assert.match((await sluice(["session", "show"], hers)).out, /uma@example\.org>, viewer/);
  const off = await sluiceProcess(["two-factor", "disable", "--password-stdin"], next, hers);
  assert.deepEqual([off.code, off.err], [0, ""]);
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
