import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, test } from "node:test";
import { sql } from "drizzle-orm";
import { listAudit } from "../audit/list-audit.ts";
import { checkText } from "../draft/check-text.ts";
import { diffDraft } from "../draft/diff-draft.ts";
import { getResource } from "../draft/get-resource.ts";
import { patchResource } from "../draft/patch-resource.ts";
import { putResource } from "../draft/put-resource.ts";
import { resetDraft } from "../draft/reset-draft.ts";
import { parseKeyRing } from "../envelope/key-ring.ts";
import { newSecretKey } from "../envelope/load-key-ring.ts";
import { diffAny } from "../history/diff-any.ts";
import { searchHistory } from "../history/search-history.ts";
import { resealAll } from "../keys/reseal-all.ts";
import type { DataPlaneQuestion } from "../publish-check/data-plane-check.ts";
import { dryRunDraft } from "../publish-check/dry-run.ts";
import { revertResource } from "../revert/revert-resource.ts";
import { loadVersionContent } from "../snapshot/load-version-content.ts";
import { clusterYaml, secretYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { exportDraft } from "../transfer/export-draft.ts";
import { exportVersion } from "../transfer/export-version.ts";
import { importYaml } from "../transfer/import-yaml.ts";
import { publish } from "../version/publish.ts";
import { versionResources } from "../version/version-resources.ts";
import { forgetValues } from "./forget-values.ts";

let config: TestConfig;
before(async () => {
  config = await startConfig();
});
after(() => config.close());

const first = privatePem();
const second = privatePem();

function privatePem(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function indented(text: string, by: string): string {
  return text.trim().replaceAll(/^/gm, by);
}

function certificateYaml(name: string, key: string): string {
  return `name: ${name} # kept
tls_certificate:
  certificate_chain: { filename: /etc/edge.pem }
  private_key:
    inline_string: |
${indented(key, "      ")}
`;
}

/** A cluster whose TLS takes the secrets of those names. */
function userOf(name: string, secrets: readonly string[]): string {
  const sds = secrets.map(
    (secret) => `{ name: ${secret}, sds_config: { ads: {}, resource_api_version: V3 } }`,
  );
  return `${clusterYaml(name)}transport_socket:
  name: envoy.transport_sockets.tls
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    common_tls_context: { tls_certificate_sds_secret_configs: [${sds.join(", ")}] }
`;
}

/** Every column of every table, as text. */
async function dump(): Promise<string> {
  const { db } = config.database;
  const tables = await db.execute<{ table: string }>(
    sql`select format('%I.%I', schemaname, tablename) as table from pg_tables where schemaname = 'config'`,
  );
  const rows = await Promise.all(
    tables.map(({ table }) => db.execute<{ row: string }>(sql.raw(`select t::text as row from ${table} t`))),
  );
  return rows.flatMap((found) => found.map(({ row }) => row)).join("\n");
}

/** What of `text` would give the key away: a line of it, or its bytes as Postgres and JSON write them. */
function assertWithout(text: string, secrets: readonly string[], where: string): void {
  const low = text.toLowerCase();
  for (const secret of secrets) {
    for (const line of secret.split("\n").filter((each) => each.length > 20 && !each.startsWith("-----"))) {
      const bytes = Buffer.from(line);
      for (const form of [line, bytes.toString("hex"), bytes.toString("base64").slice(0, 40)])
        assert.equal(low.includes(form.toLowerCase()), false, `${where} holds a part of a secret`);
    }
  }
}

test("a secret is in no table and no answer, and reaches the nodes and the dry run as it was put", async () => {
  const ann = config.as("admin", "ann");
  const password = "a generic secret of forty letters or more";
  const bytes = Buffer.from("a secret in base64, of forty letters also").toString("base64");
  await putResource(ann, { kind: "secrets", yaml: certificateYaml("edge", first) });
  await putResource(ann, { kind: "secrets", yaml: secretYaml("token", password) });
  await putResource(ann, {
    kind: "secrets",
    yaml: `name: raw\ngeneric_secret: { secret: { inline_bytes: ${bytes} } }\n`,
  });
  await putResource(ann, { kind: "secrets", yaml: secretYaml("idle", "nobody refers to this secret here") });
  await putResource(ann, { kind: "clusters", yaml: userOf("user", ["edge", "token", "raw"]) });
  const asked: DataPlaneQuestion[] = [];
  const dataPlane = {
    async check(question: DataPlaneQuestion) {
      asked.push(question);
      return { available: true, problems: [] } as const;
    },
  };
  await dryRunDraft({ ...ann, dataPlane });
  const judged = asked[0]?.resources.find(({ name }) => name === "edge");
  assert.ok(Buffer.from(judged?.value ?? []).includes(first.trim()));
  const one = await publish(ann, { message: "one" });
  const edge = await getResource(ann, { kind: "secrets", name: "edge" });
  await putResource(ann, {
    kind: "secrets",
    name: "edge",
    yaml: certificateYaml("edge", second),
    expectedRevision: edge.revision,
  });
  const two = await publish(ann, { message: "two" });
  const numbers = [one.version.number, two.version.number] as const;

  const answers = [
    await getResource(ann, { kind: "secrets", name: "edge" }),
    await diffAny(ann, numbers[0], numbers[1]),
    await diffDraft(ann),
    await versionResources(ann, numbers[0]),
    await searchHistory(ann, {}),
    await exportDraft(ann),
    await exportVersion(ann),
    await listAudit(ann),
    await checkText(ann, { kind: "secrets", name: "edge", yaml: edge.yaml }),
  ];
  const secrets = [first, second, password, Buffer.from(bytes, "base64").toString()];
  for (const answer of answers) assertWithout(JSON.stringify(answer), secrets, "an answer");
  assert.equal(JSON.stringify(answers).includes("sealed/"), false, "tokens are told to nobody");
  assertWithout(await dump(), secrets, "the database");
  const [changed] = await diffAny(ann, numbers[0], numbers[1]);
  assert.equal(changed?.fields.length, 1, "a changed key is told, though not what it is");

  const content = await loadVersionContent(ann, numbers[1]);
  const sent = content.kinds.secrets.resources;
  assert.deepEqual([...sent.keys()], ["edge", "raw", "token"], "what nothing refers to goes to no node");
  assert.ok(Buffer.from(sent.get("edge")?.value ?? []).includes(second.trim()));
  assert.ok(Buffer.from(sent.get("token")?.value ?? []).includes(password));
  assert.ok(Buffer.from(sent.get("raw")?.value ?? []).includes(Buffer.from(bytes, "base64")));
  const closed = await loadVersionContent({ sql: ann.sql }, numbers[1]);
  assertWithout(
    Buffer.from(closed.kinds.secrets.resources.get("edge")?.value ?? []).toString(),
    secrets,
    "it",
  );
});

test("equal values are equal: putting a key again, or going back to a version, changes nothing", async () => {
  const ann = config.as("admin", "ann");
  const before = await getResource(ann, { kind: "secrets", name: "edge" });
  const again = await putResource(ann, {
    kind: "secrets",
    name: "edge",
    yaml: certificateYaml("edge", second),
    expectedRevision: before.revision,
  });
  assert.equal(again.revision, before.revision);
  assert.equal(again.change, "unchanged");
  const reverted = await revertResource(ann, { kind: "secrets", name: "edge", from: 2, to: 1 });
  assert.equal(reverted.state, "done");
  const { changes } = await importYaml(ann, { text: certificateYaml("edge", first) });
  assert.deepEqual(changes, []);
  await resetDraft(ann);
  assert.equal((await getResource(ann, { kind: "secrets", name: "edge" })).change, "unchanged");
});

test("a value opens in its own field only: placeholders and tokens moved elsewhere are refused", async () => {
  const ann = config.as("admin", "ann");
  const edge = await getResource(ann, { kind: "secrets", name: "edge" });
  const put = (yaml: string) =>
    putResource(ann, { kind: "secrets", name: "edge", yaml, expectedRevision: edge.revision });
  await assert.rejects(put("name: edge\ngeneric_secret: { secret: { inline_string: '[redacted 1]' } }\n"), {
    message: "a placeholder of private_key stands in secret; put the secret itself there",
  });
  const alias = "{ private_key: { inline_string: &k '[redacted 1]' }, password: { inline_string: *k } }";
  await assert.rejects(put(`name: edge\ntls_certificate: ${alias}\n`), { code: "invalid" });
  const [row] = await ann.db.execute<{ id: string }>(sql`select id from config.secret_value limit 1`);
  await assert.rejects(put(secretYaml("edge", row?.id ?? "")), { message: /this is no value/ });
  await assert.rejects(importYaml(ann, { text: secretYaml("thief", row?.id ?? "") }), { code: "invalid" });
  const patched = await patchResource(ann, {
    kind: "secrets",
    name: "edge",
    expectedRevision: edge.revision,
    edits: [{ op: "set", path: "tls_certificate.certificate_chain.filename", value: "/etc/other.pem" }],
  });
  assert.deepEqual(patched.problems, []);
});

test("a text whose secrets cannot be told from the rest is refused, and says nothing of them", async () => {
  const ann = config.as("admin", "ann");
  const put = (yaml: string) =>
    putResource(ann, { kind: "secrets", yaml }).then(
      () => assert.fail("it was stored"),
      (error: Error) => {
        assertWithout(`${error.message} ${JSON.stringify(error)}`, [first], "the error");
        return error.message;
      },
    );
  const broken = certificateYaml("broken", first).replace("tls_certificate:", "tls_certificate: {");
  assert.match(await put(broken), /syntax error, so that its secrets cannot be told/);
  assert.match(await put(`name: x\nnotes: |\n${indented(first, "  ")}\n`), /outside of a field for one/);
  assert.match(
    await put(`# ${first.trim().replaceAll("\n", "\n# ")}\nname: x\n`),
    /outside of a field for one/,
  );
  const bytes = "name: x\ngeneric_secret: { secret: { inline_bytes: 'not base64!' } }\n";
  assert.match(await put(bytes), /inline_bytes of secret is not base64/);
  assertWithout(await dump(), [first], "the database");
});

test("everything sealed moves to a new current key, and the old one is needed no more", async () => {
  const ann = config.as("admin", "ann");
  const [text] = [newSecretKey()];
  const old = config.keys.current;
  const both = { current: parseKeyRing(text).current, older: [old] };
  const { moved, failed } = await resealAll(ann, both);
  assert.ok(moved > 3);
  assert.equal(failed, 0);
  assert.deepEqual(await resealAll(ann, both), { moved: 0, failed: 0 });
  const content = await loadVersionContent({ ...ann, ring: parseKeyRing(text) }, 2);
  assert.ok(Buffer.from(content.kinds.secrets.resources.get("edge")?.value ?? []).includes(second.trim()));
  await assert.rejects(loadVersionContent(ann, 2), { name: "EnvelopeError" });
  assert.ok((await resealAll(ann, { current: old, older: [both.current] })).moved > 3);
});

test("values that neither the draft nor a version has are forgotten after a day", async () => {
  const ann = config.as("admin", "ann");
  const { revision } = await putResource(ann, {
    kind: "secrets",
    yaml: secretYaml("gone", "typed by mistake"),
  });
  await putResource(ann, {
    kind: "secrets",
    name: "gone",
    yaml: secretYaml("gone", "the right one"),
    expectedRevision: revision,
  });
  assert.equal(await forgetValues(ann), 0);
  config.advance(25 * 3_600_000);
  assert.equal(await forgetValues(ann), 1);
  await loadVersionContent(ann, 1);
});
