import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { sql } from "drizzle-orm";
import { analyzeText } from "../analysis/analyze-text.ts";
import { draftStatus } from "../draft/draft-status.ts";
import { getResource } from "../draft/get-resource.ts";
import { putResource } from "../draft/put-resource.ts";
import { diffAny } from "../history/diff-any.ts";
import { loadVersionContent } from "../snapshot/load-version-content.ts";
import { clusterYaml, secretYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { buildTree } from "../version/build-tree.ts";
import { publish } from "../version/publish.ts";
import { sealStoredTexts } from "./seal-stored-texts.ts";

let config: TestConfig;
before(async () => {
  config = await startConfig();
});
after(() => config.close());

const OLD = "stored in plain by a release before";
const NEW = "another one stored in plain as well";

/** As the release before wrote it: texts, messages and names of blobs by the plain text. */
async function storePlain(version: number, value: string): Promise<void> {
  const { db } = config.database;
  const plain = analyzeText("secrets", secretYaml("token", value));
  const tree = buildTree([["token", plain.hash, plain.messageHash ?? ""]]);
  const message = sql`decode(${Buffer.from(plain.message ?? []).toString("hex")}, 'hex')`;
  await db.execute(sql`insert into config.blob (hash, kind, name, yaml, json, message, message_hash) values
    (${plain.hash}, 'secrets', 'token', ${plain.yaml}, ${JSON.stringify(plain.json)}::json, ${message}, ${plain.messageHash})`);
  for (const [hash, entries] of tree.contents)
    await db.execute(sql`insert into config.bucket values (${hash}, ${JSON.stringify(entries)}::jsonb)`);
  await db.execute(
    sql`insert into config.tree values (${tree.hash}, ${JSON.stringify(tree.buckets)}::jsonb)`,
  );
  const secrets = { tree: tree.hash, count: 1, contentHash: tree.contentHash, wanted: true };
  await db.execute(sql`alter table config.version disable trigger immutable`);
  await db.execute(sql`update config.version set kinds = jsonb_set(kinds, '{secrets}', ${JSON.stringify(secrets)}::jsonb)
    where number = ${version}`);
  await db.execute(sql`alter table config.version enable trigger immutable`);
  await db.execute(sql`insert into config.draft_resource
    (kind, name, yaml, hash, revision, updated_at, updated_by, json, message, message_hash, analysis, rules)
    values ('secrets', 'token', ${plain.yaml}, ${plain.hash}, 1, now(), 'ann', ${JSON.stringify(plain.json)}::json, ${message},
      ${plain.messageHash}, '{}', 0)
    on conflict (kind, name) do update set yaml = excluded.yaml, hash = excluded.hash, json = excluded.json,
      message = excluded.message, message_hash = excluded.message_hash, rules = 0`);
}

test("texts of a release before are sealed once, in the draft and in every version, and mean what they meant", async () => {
  const ann = config.as("admin", "ann");
  const { db } = config.database;
  const cluster = `${clusterYaml("user")}transport_socket:
  name: envoy.transport_sockets.tls
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    common_tls_context:
      tls_certificate_sds_secret_configs: [{ name: token, sds_config: { ads: {}, resource_api_version: V3 } }]
`;
  await putResource(ann, { kind: "secrets", yaml: "name: token\n" });
  await putResource(ann, { kind: "clusters", yaml: cluster });
  await publish(ann, { message: "one" });
  await putResource(ann, { kind: "clusters", yaml: clusterYaml("more") });
  await publish(ann, { message: "two" });
  await storePlain(1, OLD);
  await storePlain(2, NEW);

  assert.equal(await sealStoredTexts(ann, config.keys), 3);
  assert.equal(await sealStoredTexts(ann, config.keys), 0);
  for (const table of ["blob", "draft_resource", "bucket", "version", "resource_change"]) {
    const rows = await db.execute<{ row: string }>(sql.raw(`select t::text as row from config.${table} t`));
    const text = rows.map(({ row }) => row).join("\n");
    for (const value of [OLD, NEW]) {
      assert.equal(text.includes(value), false, table);
      assert.equal(text.includes(Buffer.from(value).toString("hex")), false, table);
    }
  }
  const sent = async (number: number) =>
    Buffer.from((await loadVersionContent(ann, number)).kinds.secrets.resources.get("token")?.value ?? []);
  assert.ok((await sent(1)).includes(OLD));
  assert.ok((await sent(2)).includes(NEW));
  assert.equal((await getResource(ann, { kind: "secrets", name: "token" })).change, "unchanged");
  assert.equal((await draftStatus(ann)).modified, 0);
  const changed = (await diffAny(ann, 1, 2)).find(({ kind }) => kind === "secrets");
  assert.equal(changed?.fields.length, 1);
  await assert.rejects(db.execute(sql`delete from config.blob`), (error: Error) =>
    /immutable/.test(String(error.cause)),
  );
});
