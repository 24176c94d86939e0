import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { draftStatus } from "../draft/draft-status.ts";
import { putResource } from "../draft/put-resource.ts";
import { loadVersionContent } from "../snapshot/load-version-content.ts";
import { clusterYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { importYaml } from "../transfer/import-yaml.ts";
import { diffVersions } from "./diff-versions.ts";
import { listVersions } from "./list-versions.ts";
import { liveVersion } from "./live-version.ts";
import { publish } from "./publish.ts";
import { rollback } from "./rollback.ts";

let config: TestConfig;
before(async () => {
  config = await startConfig();
});
after(() => config.close());

async function rowsOf(table: string): Promise<number> {
  const [row] = await config.database
    .sql`select count(*)::int as n from ${config.database.sql(`config.${table}`)}`;
  return row?.n;
}

test("of publishers who saw the same draft one wins; the others are told who did and which version it is", async () => {
  for (let round = 1; round <= 5; round++) {
    const ann = config.as("publisher", "ann");
    await putResource(ann, { kind: "clusters", yaml: clusterYaml(`c${round}`) });
    const { hash } = await draftStatus(ann);
    const results = await Promise.allSettled(
      ["p1", "p2", "p3", "p4"].map((name) =>
        publish(config.as("publisher", name), { message: name, expectedDraftHash: hash }),
      ),
    );
    const won = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    assert.equal(won.length, 1);
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      assert.equal(result.reason.code, "conflict");
      assert.equal(result.reason.details.by, won[0]?.version.author);
      assert.equal(result.reason.details.version, round);
    }
    assert.equal(won[0]?.version.number, round);
  }
  await assert.rejects(publish(config.as("publisher"), { message: "again" }), { code: "nothing_to_publish" });
});

test("what was published cannot be changed, not even by hand", async () => {
  const { sql } = config.database;
  for (const table of ["blob", "bucket", "tree", "version", "rollout", "audit_event"]) {
    await assert.rejects(sql.unsafe(`delete from config.${table}`), /immutable|append-only/);
  }
  await assert.rejects(sql`update config.version set message = 'x'`, /immutable/);
});

test("among 2,000 resources one change adds one blob, one bucket and one tree, fast", async (t) => {
  const ann = config.as("publisher", "ann");
  const texts = Array.from({ length: 2000 }, (_, index) => clusterYaml(`many-${index}`));
  await importYaml(ann, { text: JSON.stringify({ resources: [] }) });
  for (let index = 0; index < texts.length; index += 8) {
    await Promise.all(
      texts.slice(index, index + 8).map((yaml) => putResource(ann, { kind: "clusters", yaml })),
    );
  }
  let began = performance.now();
  const first = await publish(ann, { message: "many" });
  t.diagnostic(`publish of 2,000 new resources: ${Math.round(performance.now() - began)} ms`);
  const content = await loadVersionContent(ann, first.version.number);
  assert.equal(content.kinds.clusters.resources.size, 2005);
  const counts = await Promise.all(["blob", "bucket", "tree"].map(rowsOf));

  began = performance.now();
  await putResource(ann, {
    kind: "clusters",
    name: "many-7",
    yaml: clusterYaml("many-7", 99),
    expectedRevision: 1,
  });
  t.diagnostic(`put of one among 2,000: ${Math.round(performance.now() - began)} ms`);
  began = performance.now();
  const second = await publish(ann, { message: "one" });
  const publishedMs = performance.now() - began;
  t.diagnostic(`publish of one change among 2,000: ${Math.round(publishedMs)} ms`);
  assert.ok(publishedMs < 2000);
  assert.deepEqual(
    await Promise.all(["blob", "bucket", "tree"].map(rowsOf)),
    counts.map((count) => count + 1),
  );

  began = performance.now();
  const next = await loadVersionContent(ann, second.version.number, content);
  t.diagnostic(`snapshot of it after the one before: ${Math.round(performance.now() - began)} ms`);
  assert.equal(next.kinds.listeners, content.kinds.listeners);
  const changed = [...next.kinds.clusters.resources].filter(
    ([name, resource]) => content.kinds.clusters.resources.get(name) !== resource,
  );
  assert.deepEqual(
    changed.map(([name]) => name),
    ["many-7"],
  );
  const diff = await diffVersions(ann, first.version.number, second.version.number);
  assert.deepEqual(
    diff.map(({ name, fields }) => [name, fields.length]),
    [["many-7", 2]],
  );

  began = performance.now();
  await rollback(ann, { version: first.version.number, expectedLive: second.version.number });
  t.diagnostic(`rollback: ${Math.round(performance.now() - began)} ms`);
  assert.equal((await liveVersion(ann))?.version.number, first.version.number);
  assert.equal((await draftStatus(ann)).modified, 1);
});

test("a rollback to what nobody published, to what is live, or over somebody's is refused", async () => {
  const ann = config.as("publisher", "ann");
  await assert.rejects(rollback(ann, { version: 999 }), { code: "not_found" });
  await assert.rejects(rollback(ann, { version: 6 }), { code: "nothing_to_publish" });
  await assert.rejects(rollback(ann, { version: 1, expectedLive: 7 }), { code: "conflict" });
});

test("versions are listed newest first, in pages, the live one marked", async () => {
  const ann = config.as("viewer");
  const page = await listVersions(ann, { limit: 3 });
  assert.deepEqual(
    page.versions.map(({ number, live }) => [number, live]),
    [
      [7, false],
      [6, true],
      [5, false],
    ],
  );
  assert.equal(page.total, 7);
  const rest = await listVersions(ann, { before: page.next, limit: 10 });
  assert.deepEqual(
    rest.versions.map(({ number }) => number),
    [4, 3, 2, 1],
  );
  assert.equal(rest.next, undefined);
});
