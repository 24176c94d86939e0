import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ConfigError, type ConflictDetails } from "../contract.ts";
import { clusterYaml, listenerYaml, routesYaml, secretYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { publish } from "../version/publish.ts";
import { checkDraft } from "./check-draft.ts";
import { checkText } from "./check-text.ts";
import { diffDraft } from "./diff-draft.ts";
import { draftStatus } from "./draft-status.ts";
import { getResource } from "./get-resource.ts";
import { listResources } from "./list-resources.ts";
import { patchResource } from "./patch-resource.ts";
import { putResource } from "./put-resource.ts";
import { removeResource } from "./remove-resource.ts";
import { resetDraft } from "./reset-draft.ts";
import { resetResource } from "./reset-resource.ts";
import { storeTexts } from "./store-texts.ts";
import { usedBy } from "./used-by.ts";

let config: TestConfig;
before(async () => {
  config = await startConfig();
});
after(() => config.close());

const refusedAs = (code: string) => (error: unknown) => error instanceof ConfigError && error.code === code;

test("a text is kept as typed, named by its content, and read back with its JSON", async () => {
  const ann = config.as("publisher", "ann");
  const stored = await putResource(ann, { kind: "clusters", yaml: clusterYaml("kept") });
  assert.equal(stored.name, "kept");
  assert.equal(stored.revision, 1);
  assert.equal(stored.change, "added");
  assert.deepEqual(stored.problems, []);
  const read = await getResource(ann, { kind: "clusters", name: "kept" });
  assert.equal(read.yaml, clusterYaml("kept"));
  assert.equal((read.json as { connect_timeout: string }).connect_timeout, "1s");
  assert.equal(read.updatedBy, "ann");
});

test("what does not parse is stored too, with its problems, and blocks publishing", async () => {
  const ann = config.as("publisher", "ann");
  const broken = await putResource(ann, { kind: "clusters", yaml: "name: broken\nconnect_timout: 1s\n" });
  assert.equal(broken.name, "broken");
  assert.equal(broken.problems.length > 0, true);
  assert.match(broken.problems[0]?.message ?? "", /connect_timeout/);
  assert.equal(broken.problems[0]?.position?.line, 2);
  const syntax = await putResource(ann, {
    kind: "clusters",
    name: "broken",
    yaml: "name: [unclosed\n",
    expectedRevision: broken.revision,
  });
  assert.equal(syntax.name, "broken");
  assert.equal(syntax.yaml, "name: [unclosed\n");
  await assert.rejects(publish(ann, { message: "no" }), refusedAs("invalid"));
  const nameless = await putResource(ann, { kind: "clusters", yaml: "{" });
  assert.equal(nameless.name, "unnamed");
  await removeResource(ann, { kind: "clusters", name: "broken" });
  await removeResource(ann, { kind: "clusters", name: "unnamed" });
});

test("a change from an old revision is a conflict that says who, when and what is there", async () => {
  const ann = config.as("publisher", "ann");
  const bob = config.as("publisher", "bob");
  const first = await putResource(ann, { kind: "clusters", yaml: clusterYaml("locked", 1) });
  const input = { kind: "clusters", name: "locked", expectedRevision: first.revision } as const;
  await putResource(bob, { ...input, yaml: clusterYaml("locked", 2) });
  const refusal = await putResource(ann, { ...input, yaml: clusterYaml("locked", 3) }).catch(
    (error) => error,
  );
  assert.equal(refusal.code, "conflict");
  const details = refusal.details as ConflictDetails;
  assert.equal(details.by, "bob");
  assert.ok(Math.abs(Date.parse(details.at ?? "") - Date.now()) < 60_000);
  assert.deepEqual(details.current, { yaml: clusterYaml("locked", 2), revision: 2 });

  await removeResource(bob, { kind: "clusters", name: "locked", expectedRevision: 2 });
  const gone = await putResource(ann, { ...input, yaml: clusterYaml("locked", 3) }).catch((error) => error);
  assert.equal(gone.code, "conflict");
  assert.equal(gone.details.current, undefined);
  const again = await putResource(ann, { kind: "clusters", yaml: clusterYaml("locked", 4) });
  assert.equal(again.revision, 3);
  await removeResource(ann, { kind: "clusters", name: "locked" });
});

test("of many who create one name at once, one does", async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) =>
      putResource(config.as("publisher", `e${index}`), {
        kind: "clusters",
        yaml: clusterYaml("raced", index + 1),
      }),
    ),
  );
  const refused = results.filter((result) => result.status === "rejected");
  assert.equal(refused.length, 7);
  for (const { reason } of refused) assert.equal(reason.code, "already_exists");
  await removeResource(config.as("publisher"), { kind: "clusters", name: "raced" });
});

test("references are checked across resources, with the nearest name, and a rename shows in those that refer", async () => {
  const ann = config.as("publisher", "ann");
  const routes = await putResource(ann, { kind: "routes", yaml: routesYaml("main", "shopp") });
  assert.match(routes.problems[0]?.message ?? "", /no cluster 'shopp'/);
  assert.equal(routes.problems[0]?.path, "virtual_hosts[0].routes[0].route.cluster");
  const shop = await putResource(ann, { kind: "clusters", yaml: clusterYaml("shop") });
  const near = await getResource(ann, { kind: "routes", name: "main" });
  assert.match(near.problems[0]?.message ?? "", /did you mean 'shop'/);
  assert.equal(near.problems[0]?.position?.line, 7);

  await putResource(ann, { kind: "listeners", yaml: listenerYaml("edge", "main") });
  await patchResource(ann, {
    kind: "routes",
    name: "main",
    edits: [{ op: "set", path: "virtual_hosts[0].routes[0].route.cluster", value: "shop" }],
    expectedRevision: near.revision,
  });
  assert.deepEqual((await checkDraft(ann)).problems, []);
  assert.deepEqual(
    (await usedBy(ann, { kind: "clusters", name: "shop" })).map(({ from, path }) => [from.name, path]),
    [["main", "virtual_hosts[0].routes[0].route.cluster"]],
  );
  await putResource(ann, {
    kind: "clusters",
    name: "shop",
    yaml: clusterYaml("store"),
    expectedRevision: shop.revision,
  });
  await assert.rejects(getResource(ann, { kind: "clusters", name: "shop" }), refusedAs("not_found"));
  const { problems } = await checkDraft(ann);
  assert.deepEqual(
    problems.map(({ resource }) => resource),
    [{ kind: "routes", name: "main" }],
  );
  const store = await getResource(ann, { kind: "clusters", name: "store" });
  await putResource(ann, {
    kind: "clusters",
    name: "store",
    yaml: clusterYaml("shop"),
    expectedRevision: store.revision,
  });
});

test("two listeners on one address are a problem of both, the built-in cluster is none", async () => {
  const ann = config.as("publisher", "ann");
  const twin = await putResource(ann, { kind: "listeners", yaml: listenerYaml("twin", "main") });
  assert.match(twin.problems[0]?.message ?? "", /'edge' binds tcp 127.0.0.1:10000 already/);
  await removeResource(ann, { kind: "listeners", name: "twin" });
  const own = await putResource(ann, { kind: "routes", yaml: routesYaml("own", "sluice_control") });
  assert.deepEqual(own.problems, []);
  await removeResource(ann, { kind: "routes", name: "own" });
});

test("an unsaved text is judged as if it were put, and nothing is stored", async () => {
  const ann = config.as("viewer", "ann");
  const checked = await checkText(ann, { kind: "routes", name: "main", yaml: routesYaml("main", "nowhere") });
  assert.equal(checked.name, "main");
  assert.equal(checked.problems[0]?.position?.line, 7);
  assert.equal(checked.references[0]?.to.name, "nowhere");
  const stored = await getResource(ann, { kind: "routes", name: "main" });
  assert.deepEqual(stored.problems, []);
  const taken = await checkText(ann, { kind: "clusters", yaml: clusterYaml("shop") });
  assert.match(taken.problems[0]?.message ?? "", /already/);
});

test("no read tells a secret, and what was shown can be put back", async () => {
  const ann = config.as("publisher", "ann");
  const put = await putResource(ann, { kind: "secrets", yaml: secretYaml("token", "hunter2") });
  const edited = await putResource(ann, {
    kind: "secrets",
    name: "token",
    yaml: `# rotated yearly\n${put.yaml}`,
    expectedRevision: put.revision,
  });
  const reads = [
    put,
    edited,
    await getResource(ann, { kind: "secrets", name: "token" }),
    await listResources(ann, { kind: "secrets" }),
    await diffDraft(ann),
    await checkText(ann, { kind: "secrets", name: "token", yaml: edited.yaml }),
  ];
  assert.ok(!JSON.stringify(reads).includes("hunter2"));
  assert.deepEqual(edited.problems, []);
  const [row] = await config.database.sql`select yaml from config.draft_resource where name = 'token'`;
  assert.match(row?.yaml, /^# rotated yearly[\s\S]*"sealed\/[0-9a-f]{41}"/);
  const other = await putResource(ann, { kind: "secrets", yaml: put.yaml.replace("token", "other") });
  assert.match(other.problems[0]?.message ?? "", /stands for a secret that is not stored/);
  await removeResource(ann, { kind: "secrets", name: "other" });
  assert.equal((await listResources(ann, { search: "hunter" })).total, 0);
});

test("the list is in order, paged, searched, and filtered by change", async () => {
  const ann = config.as("viewer");
  const all = await listResources(ann);
  assert.deepEqual(
    all.resources.map(({ kind, name }) => `${kind}/${name}`),
    ["listeners/edge", "routes/main", "clusters/kept", "clusters/shop", "secrets/token"],
  );
  const page = await listResources(ann, { offset: 1, limit: 2 });
  assert.deepEqual(
    page.resources.map(({ name }) => name),
    ["main", "kept"],
  );
  assert.equal(page.total, 5);
  assert.deepEqual(
    (await listResources(ann, { search: "SHO" })).resources.map(({ name }) => name),
    ["main", "shop"],
  );
  assert.equal((await listResources(ann, { change: "unchanged" })).total, 0);
  assert.equal((await listResources(ann, { search: "%" })).total, 0);
});

test("the draft is compared with what is live, field by field, and can be put back", async () => {
  const ann = config.as("publisher", "ann");
  await publish(ann, { message: "first" });
  const clean = await draftStatus(ann);
  assert.deepEqual([clean.added, clean.modified, clean.removed, clean.errors], [0, 0, 0, 0]);
  const main = await getResource(ann, { kind: "routes", name: "main" });
  await patchResource(ann, {
    kind: "routes",
    name: "main",
    edits: [{ op: "set", path: "virtual_hosts[0].routes[0].route.timeout", value: "9s" }],
    expectedRevision: main.revision,
  });
  await putResource(ann, { kind: "clusters", yaml: clusterYaml("fresh") });
  await removeResource(ann, { kind: "clusters", name: "kept" });
  const token = await getResource(ann, { kind: "secrets", name: "token" });
  await putResource(ann, {
    kind: "secrets",
    name: "token",
    yaml: secretYaml("token", "changed"),
    expectedRevision: token.revision,
  });
  const diff = await diffDraft(ann);
  assert.deepEqual(
    diff.resources.map(({ kind, name, change }) => `${change} ${kind}/${name}`),
    ["modified routes/main", "added clusters/fresh", "removed clusters/kept", "modified secrets/token"],
  );
  assert.deepEqual(diff.resources[0]?.fields, [
    { path: "virtual_hosts[web].routes[0].route.timeout", before: "3s", after: "9s" },
  ]);
  assert.equal(diff.resources[3]?.fields[0]?.path, "generic_secret.secret.inline_string");
  assert.ok(!JSON.stringify(diff).includes("hunter2") && !JSON.stringify(diff).includes('changed"'));

  const reset = await resetResource(ann, { kind: "routes", name: "main" });
  assert.equal(reset?.change, "unchanged");
  assert.equal(await resetResource(ann, { kind: "clusters", name: "fresh" }), undefined);
  assert.deepEqual(await resetDraft(ann), { changed: 2 });
  const after = await diffDraft(ann);
  assert.deepEqual(after.resources, []);
  assert.deepEqual(after.problems, []);
  const [row] = await config.database.sql`select yaml from config.draft_resource where name = 'token'`;
  assert.match(row?.yaml, /"sealed\//);
});

test("many texts are stored together as each is alone: renamed, unnamed, unchanged, and refused when one is", async () => {
  const ann = config.as("publisher", "ann");
  const store = (...texts: Parameters<typeof storeTexts>[2][number][]) =>
    ann.db.transaction((tx) => storeTexts(tx, ann, texts));
  const kind = "clusters";
  await store({ kind, yaml: clusterYaml("one") }, { kind, yaml: clusterYaml("two") });
  await removeResource(ann, { kind, name: "two" });
  const shop = await getResource(ann, { kind, name: "shop" });
  const rows = await store(
    { kind, name: "one", yaml: clusterYaml("uno"), expectedRevision: 1 },
    { kind, yaml: clusterYaml("two") },
    { kind, yaml: "type: STATIC\n" },
    { kind, yaml: "type: STRICT_DNS\n" },
    { kind: "secrets", yaml: secretYaml("many", "hunter3") },
    { kind, name: "shop", yaml: shop.yaml, expectedRevision: shop.revision },
  );
  assert.deepEqual(
    rows.map(({ name, revision }) => `${name} ${revision}`),
    ["uno 2", "two 2", "unnamed 2", "unnamed-2 1", "many 1", `shop ${shop.revision}`],
  );
  assert.doesNotMatch(JSON.stringify(rows), /hunter3/);
  const taken = { kind, name: "uno", yaml: clusterYaml("two"), expectedRevision: 2 } as const;
  await assert.rejects(store({ kind, yaml: clusterYaml("last") }, taken), { code: "already_exists" });
  const stale = { kind, name: "uno", yaml: clusterYaml("uno", 9), expectedRevision: 1 } as const;
  await assert.rejects(store({ kind, yaml: clusterYaml("last") }, stale), { code: "conflict" });
  const twice = { kind, yaml: clusterYaml("last") } as const;
  await assert.rejects(store(twice, twice), { code: "already_exists" });
  await assert.rejects(getResource(ann, { kind, name: "last" }), { code: "not_found" });
});
