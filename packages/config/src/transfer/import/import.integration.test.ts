import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { drizzle } from "drizzle-orm/postgres-js";
import { listAudit } from "../../audit/list-audit.ts";
import { verifyAudit } from "../../audit/verify-audit.ts";
import type { Context } from "../../contract.ts";
import { draftStatus } from "../../draft/draft-status.ts";
import { getResource } from "../../draft/get-resource.ts";
import { putResource } from "../../draft/put-resource.ts";
import { removeResource } from "../../draft/remove-resource.ts";
import { resetDraft } from "../../draft/reset-draft.ts";
import { clusterYaml, listenerYaml, routesYaml, secretYaml } from "../../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../../testing/start-config.ts";
import { publish } from "../../version/publish.ts";
import { exportFiles } from "../export-files.ts";
import { applyImport } from "./apply-import.ts";
import { previewImport } from "./preview-import.ts";

let config: TestConfig;
before(async () => {
  config = await startConfig();
});
after(() => config.close());

const file = (path: string, text: string) => ({ files: [{ path, text }] });
const names = (refs: readonly { readonly kind: string; readonly name: string }[]) =>
  refs.map(({ kind, name }) => `${kind}/${name}`);

test("a preview makes nothing, its hash lets exactly it be applied, and a second one has nothing to do", async () => {
  const ann = config.as("editor", "ann");
  const text = `admin: {}\nstatic_resources:\n  clusters:\n    # who pays\n    - name: pay\n      type: STATIC\n    - 3\n`;
  const preview = await previewImport(config.as("viewer"), file("old.yaml", text));
  assert.equal(preview.format, "envoy");
  assert.deepEqual(names(preview.changes), ["clusters/pay"]);
  assert.deepEqual(
    preview.ignored.map(({ kind, path, position }) => [kind, path, position?.line]),
    [
      ["ignored", "admin", 1],
      ["not_understood", "static_resources.clusters[1]", 7],
    ],
  );
  await assert.rejects(getResource(ann, { kind: "clusters", name: "pay" }), { code: "not_found" });
  const applied = await applyImport(ann, { ...file("old.yaml", text), hash: preview.hash });
  assert.deepEqual(applied, preview);
  assert.match((await getResource(ann, { kind: "clusters", name: "pay" })).yaml, /# who pays/);
  const again = await previewImport(ann, file("old.yaml", text));
  assert.deepEqual([again.changes, names(again.unchanged)], [[], ["clusters/pay"]]);
});

test("a preview that the draft has left behind is refused", async () => {
  const ann = config.as("editor", "ann");
  const input = file("moved.yaml", clusterYaml("moved", 2));
  await putResource(ann, { kind: "clusters", yaml: clusterYaml("moved", 1) });
  const { hash } = await previewImport(ann, input);
  await putResource(ann, {
    kind: "clusters",
    name: "moved",
    yaml: clusterYaml("moved", 3),
    expectedRevision: 1,
  });
  await assert.rejects(applyImport(ann, { ...input, hash }), { code: "conflict" });
});

test("what cannot be read is refused with its position, and depth, length and aliases are bounded", async () => {
  const ann = config.as("editor", "ann");
  const refused = async (text: string, wanted: RegExp, path = "bad.yaml") =>
    assert.rejects(previewImport(ann, file(path, text)), (error: Error & { code?: string }) => {
      assert.equal(error.code, "invalid");
      assert.match(error.message, wanted);
      return true;
    });
  await refused("name: a\n  b: [", /^bad\.yaml:1:7: Nested mappings/);
  await refused(`a: ${"[".repeat(5_000)}`, /^bad\.yaml:1:\d+: nested deeper than 100 levels/);
  await refused(`${"[".repeat(200_000)}${"]".repeat(200_000)}`, /nested deeper than 100 levels/);
  await refused(`name: ${"x".repeat(5 << 20)}`, /longer than 4194304 characters/);
  const bomb = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"];
  for (let level = 1; level < 9; level++)
    bomb.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(",")}]`);
  await refused(`${bomb.join("\n")}\nstatic_resources: { clusters: [{ name: b, x: *a8 }] }`, /alias/);
  await refused("http { server { listen 80 }", /^n\.conf:1:17: 'listen' does not end with ';'/, "n.conf");
  await refused("http {\n  server {\n", /^n\.conf:2:3: the block of 'server' is not closed/, "n.conf");
  await refused('http { x "abc', /^n\.conf:1:10: this quote is not closed/, "n.conf");
  await refused('name,address,port\n"a,1.2.3.4,80', /^h\.csv: Quote Not Closed.* line 2/, "h.csv");
  await refused("name,port\na,1\n", /^h\.csv:1: .*'address' is missing/, "h.csv");
});

test("a config dump gives static and dynamic resources; its secrets must be supplied, and once they are, they stay", async () => {
  const ann = config.as("editor", "ann");
  const type = (name: string) => ({ "@type": `type.googleapis.com/envoy.admin.v3.${name}` });
  const cluster = (name: string) => ({
    "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    name,
    type: "STATIC",
  });
  const dump = JSON.stringify({
    configs: [
      { ...type("BootstrapConfigDump"), bootstrap: {} },
      {
        ...type("ClustersConfigDump"),
        version_info: "1",
        static_clusters: [{ cluster: cluster("one"), last_updated: "x" }],
        dynamic_active_clusters: [{ cluster: cluster("two") }, { cluster: cluster("sluice_control") }],
        dynamic_warming_clusters: [{ cluster: cluster("cold") }],
      },
      { ...type("ListenersConfigDump"), dynamic_listeners: [{ name: "gone", error_state: {} }] },
      {
        ...type("SecretsConfigDump"),
        dynamic_active_secrets: [
          {
            name: "k",
            secret: { name: "k", generic_secret: { secret: { inline_bytes: "W3JlZGFjdGVkXQ==" } } },
          },
        ],
      },
      { ...type("EcdsConfigDump") },
    ],
  });
  const preview = await applyImport(ann, file("dump.json", dump));
  assert.equal(preview.format, "config_dump");
  assert.deepEqual(names(preview.changes), ["clusters/one", "clusters/two", "secrets/k"]);
  const told = new Map(preview.ignored.map(({ path, kind, reason }) => [path, `${kind}: ${reason}`]));
  assert.match(
    told.get("configs[3].dynamic_active_secrets[0]") ?? "",
    /^secret_missing: secret 'k': a value must be supplied/,
  );
  assert.match(told.get("configs[1].dynamic_warming_clusters") ?? "", /^ignored: it was not in force yet/);
  assert.match(told.get("configs[2].dynamic_listeners[0]") ?? "", /^ignored/);
  assert.match(told.get("configs[4] (EcdsConfigDump)") ?? "", /^not_understood/);
  assert.deepEqual((await previewImport(ann, file("dump.json", dump))).changes, []);
  const stored = await getResource(ann, { kind: "secrets", name: "k" });
  await putResource(ann, {
    kind: "secrets",
    name: "k",
    yaml: secretYaml("k", "real"),
    expectedRevision: stored.revision,
  });
  assert.deepEqual((await previewImport(ann, file("dump.json", dump))).changes, []);
});

test("a list of hosts becomes clusters with their endpoints; wrong lines are told and left", async () => {
  const ann = config.as("editor", "ann");
  const text = [
    "name,address,port,weight,zone,health_check,color",
    "web,10.0.0.1,8080,3,a,/healthz,red",
    "web,10.0.0.2,8080,,b,,",
    "web,10.0.0.1,8080,,,,",
    "api,api.internal,443,,,tcp,",
    "api,bad host,443,,,,",
    "api,10.0.0.9,70000,,,,",
    ",10.0.0.9,70,,,,",
  ].join("\n");
  const preview = await applyImport(ann, file("hosts.csv", text));
  assert.deepEqual(names(preview.changes), ["clusters/web", "clusters/api"]);
  assert.deepEqual(preview.problems, []);
  assert.deepEqual(
    preview.ignored.map(({ path, position }) => [position?.line, path]),
    [
      [1, "color"],
      [4, "address"],
      [6, "address"],
      [7, "port"],
      [8, "name"],
    ],
  );
  const web = (await getResource(ann, { kind: "clusters", name: "web" })).json as {
    type?: string;
    load_assignment: { endpoints: unknown[] };
  };
  assert.equal(web.load_assignment.endpoints.length, 2);
  assert.deepEqual((await previewImport(ann, file("hosts.csv", text))).changes, []);
});

test("files of a directory are taken word for word, and one bad file spoils the whole", async () => {
  const ann = config.as("editor", "ann");
  const files = [
    { path: "conf/clusters/dir.yaml", text: clusterYaml("dir") },
    { path: "conf/routes/dir.yaml", text: routesYaml("dir", "dir") },
    { path: "conf/listeners/dir.yaml", text: listenerYaml("dir", "dir", 10_077) },
    {
      path: "conf/route-tests/home.yaml",
      text: "name: home\nmethod: GET\nurl: http://x:10077/\nexpect: { cluster: dir }\n",
    },
    { path: "README.md", text: "hello" },
    { path: "notes.txt", text: "hello" },
  ];
  const preview = await applyImport(ann, { files });
  assert.equal(preview.format, "directory");
  assert.deepEqual([preview.changes.length, preview.routeTests], [3, ["home"]]);
  assert.deepEqual(
    preview.ignored.map(({ path }) => path),
    ["notes.txt"],
  );
  assert.equal((await getResource(ann, { kind: "clusters", name: "dir" })).yaml, clusterYaml("dir"));
  const again = await previewImport(ann, { files });
  assert.deepEqual([again.changes, again.routeTests], [[], []]);
  const broken = [...files, { path: "conf/route-tests/bad.yaml", text: "name: x\nurl: y\n" }];
  await assert.rejects(previewImport(ann, { files: broken }), /route-tests\/bad\.yaml:1:1: the route test/);
});

test("what was exported as files and comes back into an empty draft is the very version that it was", async () => {
  const ann = config.as("publisher", "ann");
  await resetDraft(ann);
  const odd = "Web / Ä*é.";
  const files = [
    { path: "clusters/a.yaml", text: clusterYaml(JSON.stringify(odd)) },
    { path: "clusters/b.yaml", text: clusterYaml("web", 81) },
    {
      path: "route-tests/t.yaml",
      text: "name: Shop / 1\nmethod: GET\nurl: http://x/\nheaders: []\nexpect: { status: 404 }\n",
    },
  ];
  await applyImport(ann, { files: files.slice(0, 2) });
  const { version } = await publish(ann, { message: "before" });
  const exported = await exportFiles(ann, version.number);
  assert.deepEqual(exported, await exportFiles(ann, "draft"));
  assert.deepEqual(exported.redacted, []);
  const paths = exported.files.map(({ path }) => path);
  assert.deepEqual(paths, [...paths].sort());
  for (const path of paths) assert.match(path, /^(?:README\.md|clusters\/[A-Za-z0-9._%-]+\.yaml)$/);
  for (const name of [odd, "web"]) await removeResource(ann, { kind: "clusters", name });
  assert.equal((await draftStatus(ann)).resourceCount, 0);
  await applyImport(ann, { files: exported.files });
  await assert.rejects(publish(ann, { message: "after" }), { code: "nothing_to_publish" });
  await applyImport(ann, { files });
  const withTest = await exportFiles(ann, "draft");
  assert.deepEqual((await previewImport(ann, { files: withTest.files })).routeTests, []);
  await putResource(ann, { kind: "secrets", yaml: secretYaml("key", "hidden") });
  const withSecret = await exportFiles(ann, "draft");
  assert.deepEqual(withSecret.redacted, ["secrets/key.yaml"]);
  assert.equal(JSON.stringify(withSecret).includes("hidden"), false);
  assert.deepEqual((await previewImport(ann, { files: withSecret.files })).changes, []);
});

test("thousands of resources take hardly more statements than a few, each with its event in the audit log's chain", async () => {
  const ann = config.as("publisher", "ann");
  await resetDraft(ann);
  const imported = async (count: number, port: number) => {
    const clusters = Array.from({ length: count }, (_, index) => ({ name: `many-${index}`, port }));
    const text = `static_resources:\n  clusters:\n${clusters.map(oneCluster).join("")}`;
    let statements = 0;
    const db = drizzle(config.database.sql, { logger: { logQuery: () => statements++ } });
    const counted: Context = { ...ann, db };
    const { changes } = await applyImport(counted, file("many.yaml", text));
    return { changes: changes.length, statements };
  };
  const few = await imported(3, 81);
  const many = await imported(1_200, 82);
  assert.deepEqual([few.changes, many.changes], [3, 1_200]);
  assert.ok(few.statements <= 25, `${few.statements} statements for 3 resources`);
  assert.ok(many.statements <= few.statements + 15, `${few.statements}, then ${many.statements} statements`);
  assert.equal((await getResource(ann, { kind: "clusters", name: "many-0" })).revision, 2);
  assert.equal((await getResource(ann, { kind: "clusters", name: "many-1199" })).revision, 1);
  const { events } = await listAudit(config.as("admin"), { subject: "clusters/many-0" });
  assert.deepEqual(
    events.map(({ action, actor }) => [action, actor]),
    [
      ["draft.put", "ann"],
      ["draft.create", "ann"],
    ],
  );
  assert.equal((await verifyAudit(config.as("admin"))).holds, true);
});

function oneCluster({ name, port }: { readonly name: string; readonly port: number }): string {
  const at = `{ socket_address: { address: 127.0.0.1, port_value: ${port} } }`;
  const endpoints = `[{ lb_endpoints: [{ endpoint: { address: ${at} } }] }]`;
  return `  - { name: ${name}, type: STATIC, load_assignment: { cluster_name: ${name}, endpoints: ${endpoints} } }\n`;
}
