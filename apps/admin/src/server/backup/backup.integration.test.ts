import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { after, before, test } from "node:test";
import {
  type Context,
  ensureAuthority,
  loadKeyRing,
  publish,
  putResource,
  unseal,
  verifyAudit,
} from "@sluice/config";
import { configMigrations } from "@sluice/config/migrations";
import { migrateAll, type OpenDatabase, openDatabase } from "@sluice/database";
import { startPostgres } from "@sluice/harness";
import { authMigrations } from "../auth/migrations.ts";
import { createPerson } from "../people/create-person.ts";
import { openStream, sealStream } from "./backup-frames.ts";
import { BACKED_UP_SCHEMAS, backupTables, LEFT_OUT } from "./backup-tables.ts";
import { keepRestoredKeys } from "./keep-restored-keys.ts";
import { restoreBackup } from "./restore-backup.ts";
import { writeBackup } from "./write-backup.ts";

const PASSPHRASE = "correct horse battery";
const AUTH_SECRET = "an auth secret of the first appliance";
let postgres: Awaited<ReturnType<typeof startPostgres>>;
const opened: OpenDatabase[] = [];
const dataDir = mkdtempSync(join(tmpdir(), "sluice-backup-"));

before(async () => {
  postgres = await startPostgres();
});
after(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await postgres.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function appliance(role: "admin" | "editor" = "admin"): Promise<Context> {
  const url = await postgres.createDatabase();
  await migrateAll(url, [configMigrations, authMigrations]);
  const database = openDatabase(url);
  opened.push(database);
  const actor = { id: "ann", name: "Ann", role };
  return { db: database.db, sql: database.sql, actor, now: () => new Date() };
}

const ringIn = (name: string) =>
  loadKeyRing({
    secretKey: undefined,
    secretKeyFile: undefined,
    dataDir: join(dataDir, name),
    warn: () => {},
  });

async function filled(): Promise<Context> {
  const context = await appliance();
  await createPerson(context, {
    name: "Bea",
    email: "bea@example.org",
    role: "editor",
    password: "a long one, 1",
  });
  await ensureAuthority(context, ringIn("old"));
  const yaml = `name: odd\nmetadata: { filter_metadata: { a: { b: "tab\\t, back\\\\slash, \\u00e9" } } }\n`;
  await putResource(context, { kind: "clusters", yaml });
  await publish(context, { message: "first\nwith\ttab" });
  await putResource(context, { kind: "clusters", yaml: "name: second\n# 注释\n" });
  await publish(context, { message: "second" });
  return context;
}

async function backup(context: Context): Promise<Buffer> {
  const target = new PassThrough();
  const chunks: Buffer[] = [];
  target.on("data", (chunk: Buffer) => chunks.push(chunk));
  await writeBackup(context, { keyRing: ringIn("old"), authSecret: AUTH_SECRET }, PASSPHRASE, target);
  return Buffer.concat(chunks);
}

const restore = (context: Context, file: Buffer, passphrase = PASSPHRASE) =>
  restoreBackup(context, Readable.from([file]), passphrase, (keys) =>
    keepRestoredKeys(
      {
        secretKey: undefined,
        secretKeyFile: undefined,
        authSecret: undefined,
        dataDir: join(dataDir, "new"),
      },
      ringIn("new"),
      keys,
    ),
  );

async function rowsOf({ sql }: Context): Promise<Readonly<Record<string, readonly string[]>>> {
  return await sql.begin(async (tx) => {
    const rows: Record<string, readonly string[]> = {};
    for (const { name } of await backupTables(tx)) {
      const found = await tx<{ row: string }[]>`select t::text as row from ${tx(name)} t order by 1`;
      rows[name] = found.map(({ row }) => row);
    }
    return rows;
  });
}

test("every table is backed up, or left out with a reason", async () => {
  const { sql } = await appliance();
  const tables = await sql.begin(async (tx) => (await backupTables(tx)).map(({ name }) => name));
  const found = await sql<{ name: string }[]>`
    select schemaname || '.' || tablename as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema', 'migrations') order by 1`;
  const all = found.map(({ name }) => name);
  assert.deepEqual([...tables, ...Object.keys(LEFT_OUT)].sort(), all.sort());
  for (const name of all)
    assert.ok(
      BACKED_UP_SCHEMAS.some((schema) => name.startsWith(`${schema}.`)),
      name,
    );
  assert.ok(tables.indexOf("config.version") < tables.indexOf("config.node_group"));
});

test("what is restored onto an empty appliance is every row that was backed up, and goes on from there", async () => {
  const first = await filled();
  const file = await backup(first);
  const wanted = await rowsOf(first);
  assert.equal(file.includes("bea@example.org"), false);
  const second = await appliance();
  await ensureAuthority(second, ringIn("new"));
  await restore(second, file);
  const restored = await rowsOf(second);
  const events = restored["config.audit_event"] ?? [];
  const before = events.filter((event) => !event.includes(",appliance.restore,"));
  assert.equal(events.length - before.length, 1);
  // The restoring itself is one event more, behind the chain of those before it.
  const links = restored["config.audit_link"] ?? [];
  assert.equal(links.length, events.length);
  const rest = { "config.audit_event": before, "config.audit_link": [], "config.audit_head": [] };
  assert.deepEqual({ ...restored, ...rest }, { ...wanted, ...rest });
  for (const link of wanted["config.audit_link"] ?? []) assert.ok(links.includes(link), link);
  assert.equal((await verifyAudit(second)).holds, true);
  // The restored authority's key opens with what the backup brought, and sequences go on behind the rows.
  const [authority] = await second.sql<{ sealed_key: string }[]>`select sealed_key from config.authority`;
  assert.match(
    unseal(ringIn("new"), "authority/nodes", authority?.sealed_key ?? "").toString(),
    /PRIVATE KEY/,
  );
  assert.equal(readFileSync(join(dataDir, "new", "auth-secret"), "utf8"), AUTH_SECRET);
  await putResource(second, { kind: "clusters", yaml: "name: third\n" });
  assert.equal((await publish(second, { message: "third" })).version.number, 3);
  await assert.rejects(second.sql`delete from config.version`, /immutable/);
  await assert.rejects(restore(second, file), {
    code: "conflict",
    message: /empty appliance only; this one has 3 versions/,
  });
});

test("a file that is damaged, cut off or under another passphrase leaves the appliance as it was", async () => {
  const file = await backup(await filled());
  const target = await appliance();
  const before = await rowsOf(target);
  const invalid = (message: RegExp) => ({ code: "invalid", message });
  await assert.rejects(
    restore(target, file, "another passphrase"),
    invalid(/passphrase is not the backup's/),
  );
  await assert.rejects(restore(target, file.subarray(0, file.length - 30)), invalid(/breaks off/));
  await assert.rejects(restore(target, Buffer.from("name: x")), invalid(/no backup of Sluice/));
  const flipped = Buffer.from(file);
  flipped[file.length - 40] = (flipped[file.length - 40] ?? 0) ^ 1;
  await assert.rejects(restore(target, flipped), invalid(/damaged/));
  assert.deepEqual(await rowsOf(target), before);
});

test("only an admin backs up and restores", async () => {
  const editor = await appliance("editor");
  await assert.rejects(backup(editor), { code: "forbidden" });
  await assert.rejects(restore(editor, Buffer.alloc(0)), { code: "forbidden" });
});

test("keys that the operator gives are not changed: they must be the backup's", async () => {
  const settings = { secretKey: "x", secretKeyFile: undefined, authSecret: undefined, dataDir };
  const other = { secretKeys: [randomBytes(32).toString("base64")], authSecret: "s" };
  await assert.rejects(keepRestoredKeys(settings, ringIn("old"), other), { code: "invalid" });
  writeFileSync(join(dataDir, "secret-key"), "");
  const same = { secretKeys: [Buffer.from(ringIn("old").current.key).toString("base64")], authSecret: "s" };
  await keepRestoredKeys(settings, ringIn("old"), same);
  assert.equal(readFileSync(join(dataDir, "secret-key"), "utf8"), "");
});

test("frames carry any length, and tell when one is missing, twice there, or elsewhere", async () => {
  const collect = async (source: AsyncIterable<Buffer>) => Buffer.concat(await Array.fromAsync(source));
  for (const length of [0, 1, 65_536, 65_537, 300_000]) {
    const plain = randomBytes(length);
    const sealed = await collect(sealStream(Readable.from([plain]), PASSPHRASE, { logN: 10, r: 8, p: 1 }));
    assert.deepEqual(await collect(openStream(Readable.from([sealed]), PASSPHRASE)), plain);
    if (length !== 300_000) continue;
    const frame = 5 + 65_536 + 16;
    const head = sealed.length - 4 * frame - (300_000 - 4 * 65_536 + 21);
    const swapped = Buffer.concat([
      sealed.subarray(0, head),
      sealed.subarray(head + frame, head + 2 * frame),
      sealed.subarray(head, head + frame),
      sealed.subarray(head + 2 * frame),
    ]);
    const dropped = Buffer.concat([sealed.subarray(0, head + frame), sealed.subarray(head + 2 * frame)]);
    for (const bad of [swapped, dropped, sealed.subarray(0, head + frame), Buffer.concat([sealed, sealed])])
      await assert.rejects(collect(openStream(Readable.from([bad]), PASSPHRASE)), { name: "BackupError" });
  }
});
