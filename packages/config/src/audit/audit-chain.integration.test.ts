import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { putResource } from "../draft/put-resource.ts";
import { removeResource } from "../draft/remove-resource.ts";
import { clusterYaml, secretYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { exportAudit } from "./export-audit.ts";
import { listAudit } from "./list-audit.ts";
import { recordAudit } from "./record-audit.ts";
import { applyAuditRetention, setAuditRetention } from "./retain-audit.ts";
import { verifyAudit } from "./verify-audit.ts";

let config: TestConfig;
before(async () => {
  config = await startConfig();
});
after(() => config.close());

const admin = () => config.as("admin", "root");
const verdict = async (input = {}) => await verifyAudit(admin(), input);

test("events that are written at once by many make one chain without a gap", async () => {
  await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      const ann = config.as("editor", `ann-${index}`);
      await putResource(ann, { kind: "clusters", yaml: clusterYaml(`c-${index}`) });
    }),
  );
  const { holds, events, head, anchor } = await verdict();
  assert.deepEqual([holds, events, head.seq, anchor], [true, 30, 30, 0]);
});

test("neither an event nor a link can be changed or removed", async () => {
  const { sql } = config.database;
  for (const table of ["audit_event", "audit_link"]) {
    await assert.rejects(sql.unsafe(`delete from config.${table}`), /append-only/);
    await assert.rejects(sql.unsafe(`truncate config.${table} cascade`), /append-only/);
  }
  await assert.rejects(sql`update config.audit_event set actor = 'x'`, /append-only/);
  await assert.rejects(sql`update config.audit_link set seq = seq`, /append-only/);
});

test("whoever gets around that is found: a changed, a removed, an added event, a chain made anew", async () => {
  const noted = (await verdict()).head;
  await recordAudit(admin(), { action: "test.more", subject: "s" });
  assert.equal((await verdict({ expect: noted })).holds, true);
  const forged = async (change: string, words: RegExp, input = {}) => {
    await assert.rejects(
      config.database.db.transaction(async (tx) => {
        await tx.execute("set local session_replication_role = replica");
        await tx.execute(change);
        await tx.execute("set local session_replication_role = origin");
        const found = await verifyAudit({ ...admin(), db: tx }, input);
        assert.equal(found.holds, false);
        assert.match(found.problem ?? "", words);
        throw new Error("roll back");
      }),
      /roll back/,
    );
  };
  await forged("update config.audit_event set actor = 'eve' where id = 5", /event 5 was changed/);
  await forged("delete from config.audit_event where id = 5", /event 5 of link \d+ is missing/);
  await forged("delete from config.audit_link where seq = 7", /link 7 is missing/);
  await forged("delete from config.audit_link where seq > 28", /ends at link 28, and should at 31/);
  await forged(
    "insert into config.audit_event (at, actor_id, actor, action, subject) values (now(), 'e', 'e', 'a', 's')",
    /is in no link/,
  );
  const anew = `with gone as (delete from config.audit_link where seq >= 30 returning 1),
    h as (update config.audit_head set seq = 29, hash = (select hash from config.audit_link where seq = 29))
    delete from config.audit_event where id in (select event from config.audit_link where seq >= 30)`;
  await forged(anew, /link 30 is not there/, { expect: noted });
  assert.equal((await verdict()).holds, true);
});

test("an edit is on record with what was there before and after, secrets redacted", async () => {
  const ann = config.as("editor", "ann");
  const { revision } = await putResource(ann, { kind: "clusters", yaml: clusterYaml("diffed") });
  const yaml = clusterYaml("diffed").replace("1s", "9s");
  await putResource(ann, { kind: "clusters", name: "diffed", yaml, expectedRevision: revision });
  await putResource(ann, { kind: "secrets", yaml: secretYaml("pw", "hunter2hunter2") });
  await removeResource(ann, { kind: "clusters", name: "diffed" });
  const { events } = await listAudit(admin(), { actor: "ann", limit: 4 });
  const text = JSON.stringify(events);
  assert.ok(!text.includes("hunter2"), text);
  const put = events.find(({ action }) => action === "draft.put")?.details as { fields: unknown };
  assert.deepEqual(put.fields, [{ path: "connect_timeout", before: "1s", after: "9s" }]);
  assert.match(JSON.stringify(events[0]?.details), /"before":"9s"/);
});

test("events are found by person, action, resource, time and whether they were refused", async () => {
  const eve = config.as("viewer", "eve");
  await assert.rejects(putResource(eve, { kind: "clusters", yaml: clusterYaml("no") }));
  const found = async (filter: object) => (await listAudit(admin(), filter)).events;
  assert.deepEqual(
    (await found({ refused: true })).map(({ actor }) => actor),
    ["eve"],
  );
  assert.equal((await found({ actor: "eve", action: "draft." })).length, 1);
  assert.equal((await found({ subject: "CLUSTERS/C-17" })).length, 1);
  const later = new Date(Date.now() + 60_000);
  assert.equal((await found({ from: later })).length, 0);
  assert.ok((await found({ to: later })).length > 30);
  let lines = "";
  for await (const part of await exportAudit(admin(), { actor: "eve" })) lines += part;
  const [event] = lines.trimEnd().split("\n");
  const { actor, action, details, hash } = JSON.parse(event ?? "");
  assert.deepEqual([actor, action, details.refused], ["eve", "draft.put", "forbidden"]);
  assert.match(hash, /^[0-9a-f]{64}$/);
});

test("retention removes the oldest and leaves a chain that holds", async () => {
  await assert.rejects(setAuditRetention(admin(), { days: 1 }), { code: "bad_input" });
  await setAuditRetention(admin(), { days: 30 });
  const later = { ...admin(), now: () => new Date(Date.now() + 20 * 86_400_000) };
  assert.deepEqual(await applyAuditRetention(later), { removed: 0 });
  const before = await verdict();
  await recordAudit(later, { action: "test.later", subject: "s" });
  const muchLater = { ...admin(), now: () => new Date(Date.now() + 40 * 86_400_000) };
  const { removed } = await applyAuditRetention(muchLater);
  assert.equal(removed, before.events);
  const { holds, anchor, events, problem } = await verdict({ expect: before.head });
  assert.deepEqual([holds, problem, anchor, events], [true, undefined, before.head.seq, 2]);
  const { sql } = config.database;
  await sql`update config.audit_anchor set seq = seq - 1`;
  assert.match((await verdict()).problem ?? "", /no event says so/);
  await sql`update config.audit_anchor set seq = seq + 1`;
});
