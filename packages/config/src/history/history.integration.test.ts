import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { getResource } from "../draft/get-resource.ts";
import { mergeText } from "../draft/merge-text.ts";
import { patchResource } from "../draft/patch-resource.ts";
import { putResource } from "../draft/put-resource.ts";
import { removeResource } from "../draft/remove-resource.ts";
import { draftImpact } from "../impact/draft-impact.ts";
import { revertResource } from "../revert/revert-resource.ts";
import { clusterYaml, listenerYaml, routesYaml, secretYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { getVersion } from "../version/get-version.ts";
import { listVersions } from "../version/list-versions.ts";
import { publish } from "../version/publish.ts";
import { blameResource } from "./blame-resource.ts";
import { diffAny } from "./diff-any.ts";
import { searchHistory } from "./search-history.ts";
import { tagVersion, untagVersion } from "./tag-version.ts";

let config: TestConfig;
const ROUTES = { kind: "routes", name: "main" } as const;
const TIMEOUT = "virtual_hosts[0].routes[0].route.timeout";

async function set(
  who: string,
  path: string,
  value: unknown,
  ref: { kind: "routes" | "clusters"; name: string } = ROUTES,
) {
  const context = config.as("publisher", who);
  const { revision } = await getResource(context, ref);
  await patchResource(context, { ...ref, edits: [{ op: "set", path, value }], expectedRevision: revision });
}

before(async () => {
  config = await startConfig();
  const ann = config.as("publisher", "ann");
  await putResource(ann, { kind: "clusters", yaml: clusterYaml("web") });
  await putResource(ann, { kind: "clusters", yaml: clusterYaml("old") });
  await putResource(ann, { kind: "routes", yaml: routesYaml("main", "web") });
  await putResource(ann, { kind: "listeners", yaml: listenerYaml("edge", "main") });
  await publish(ann, { message: "first" });
  await set("bob", TIMEOUT, "9s");
  await publish(config.as("publisher", "bob"), { message: "slow upstream" });
  const route = { match: { prefix: "/new" }, route: { cluster: "web", timeout: "1s" } };
  const { revision } = await getResource(ann, ROUTES);
  await patchResource(ann, {
    ...ROUTES,
    edits: [{ op: "insert", path: "virtual_hosts[0].routes", index: 0, value: route }],
    expectedRevision: revision,
  });
  await removeResource(ann, { kind: "clusters", name: "old" });
  await publish(ann, { message: "a new route in front" });
});
after(() => config.close());

test("who changed this timeout: blame names version, author and message, also where routes moved", async () => {
  const { fields } = await blameResource(config.as("viewer"), { ...ROUTES, path: "timeout" });
  assert.deepEqual(
    fields.map(({ path, value, version, author, message }) => [path, value, version, author, message]),
    [
      ["virtual_hosts[0].routes[0].route.timeout", "1s", 3, "ann", "a new route in front"],
      ["virtual_hosts[0].routes[1].route.timeout", "9s", 2, "bob", "slow upstream"],
    ],
  );
  const before = await blameResource(config.as("viewer"), { ...ROUTES, version: 1 });
  assert.ok(before.fields.every(({ version }) => version === 1));
  await assert.rejects(blameResource(config.as("viewer"), { kind: "clusters", name: "old" }), {
    code: "not_found",
  });
});

test("search finds changes by field, value, author and resource, newest first", async () => {
  const viewer = config.as("viewer");
  const versions = async (input: Parameters<typeof searchHistory>[1]) =>
    (await searchHistory(viewer, input)).changes.map(({ version, name, change }) => [version, name, change]);
  assert.deepEqual(await versions({ text: "TIMEOUT 9s" }), [[2, "main", "modified"]]);
  assert.deepEqual(await versions({ ...ROUTES }), [
    [3, "main", "modified"],
    [2, "main", "modified"],
    [1, "main", "added"],
  ]);
  assert.deepEqual(await versions({ author: "bob" }), [[2, "main", "modified"]]);
  assert.deepEqual(await versions({ kind: "clusters", name: "old" }), [
    [3, "old", "removed"],
    [1, "old", "added"],
  ]);
  const first = await searchHistory(viewer, { limit: 1 });
  assert.deepEqual([first.changes.length, first.next], [2, 3]);
  const next = await searchHistory(viewer, { limit: 1, before: first.next });
  assert.deepEqual(
    next.changes.map(({ version }) => version),
    [2],
  );
});

test("an appliance from before has its history made when it is first asked for", async () => {
  await config.database.sql`delete from config.resource_change`;
  await config.database.sql`delete from config.history_index`;
  const { fields } = await blameResource(config.as("viewer"), { ...ROUTES, path: "routes[1].route.timeout" });
  assert.deepEqual(
    fields.map(({ version }) => version),
    [2],
  );
});

test("tags name versions, are found, move only when told to, and are no numbers", async () => {
  const ann = config.as("publisher", "ann");
  await tagVersion(ann, { version: 1, name: "stable" });
  await tagVersion(ann, { version: 1, name: "2026-11" });
  assert.deepEqual((await getVersion(ann, 1)).tags, ["2026-11", "stable"]);
  await assert.rejects(tagVersion(ann, { version: 2, name: "stable" }), { code: "conflict" });
  await tagVersion(ann, { version: 2, name: "stable", move: true });
  const found = await listVersions(ann, { search: "STABLE" });
  assert.deepEqual([found.versions.map(({ number }) => number), found.total], [[2], 1]);
  await untagVersion(ann, "stable");
  assert.deepEqual((await getVersion(ann, 2)).tags, []);
  for (const name of ["3", "", "a b", "-x"])
    await assert.rejects(tagVersion(ann, { version: 1, name }), { code: "invalid" });
  await assert.rejects(tagVersion(ann, { version: 99, name: "x" }), { code: "not_found" });
});

test("one change is taken back in the draft, and what came later stays", async () => {
  const ann = config.as("publisher", "ann");
  const done = await revertResource(ann, { ...ROUTES, from: 2, to: 1 });
  assert.equal(done.state, "done");
  const { yaml } = await getResource(ann, ROUTES);
  assert.match(yaml, /prefix: \/new/);
  assert.match(yaml, /timeout: 3s/);
  assert.deepEqual(
    (await diffAny(ann, "live", "draft")).map(({ name, fields }) => [name, fields]),
    [["main", [{ path: "virtual_hosts[web].routes[1].route.timeout", before: "9s", after: "3s" }]]],
  );
});

test("what the draft changed there too is a conflict, shown by field, and goes as is chosen", async () => {
  const ann = config.as("publisher", "ann");
  await set("ann", "virtual_hosts[0].routes[1].route.timeout", "5s");
  // As the difference of the two versions calls it: by name, and where version 2 had it.
  const input = { ...ROUTES, from: 2, to: 1, path: "virtual_hosts[web].routes[0].route.timeout" };
  const asked = await revertResource(ann, input);
  const path = "virtual_hosts[0].routes[1].route.timeout";
  assert.deepEqual(asked, {
    state: "conflict",
    conflicts: [{ path, changed: "9s", old: "3s", draft: "5s" }],
  });
  const left = await revertResource(ann, { ...input, choices: { [path]: "draft" } });
  assert.deepEqual([left.state, left.state === "done" && left.changed], ["done", false]);
  await revertResource(ann, { ...input, choices: { [path]: "old" } });
  assert.match((await getResource(ann, ROUTES)).yaml, /timeout: 3s/);
});

test("a removed resource comes back, an added one goes, and secrets never leave in a conflict", async () => {
  const ann = config.as("publisher", "ann");
  await revertResource(ann, { kind: "clusters", name: "old", from: 3, to: 2 });
  assert.match((await getResource(ann, { kind: "clusters", name: "old" })).yaml, /# upstream old/);
  await revertResource(ann, { kind: "clusters", name: "old", from: 1, to: 0 });
  await assert.rejects(getResource(ann, { kind: "clusters", name: "old" }), { code: "not_found" });
  await putResource(ann, { kind: "secrets", yaml: secretYaml("s", "first-key") });
  const one = (await publish(ann, { message: "secret" })).version.number;
  await putResource(ann, {
    kind: "secrets",
    name: "s",
    yaml: secretYaml("s", "second-key"),
    expectedRevision: 1,
  });
  const two = (await publish(ann, { message: "rotated" })).version.number;
  await putResource(ann, {
    kind: "secrets",
    name: "s",
    yaml: secretYaml("s", "third-key"),
    expectedRevision: 2,
  });
  const asked = await revertResource(ann, { kind: "secrets", name: "s", from: two, to: one });
  assert.equal(asked.state, "conflict");
  assert.doesNotMatch(JSON.stringify(asked), /-key/);
  const found = await searchHistory(ann, { kind: "secrets", name: "s" });
  assert.doesNotMatch(JSON.stringify(found), /-key/);
  const rows = await config.database.sql`select words, fields from config.resource_change where name = 's'`;
  assert.doesNotMatch(JSON.stringify(rows), /-key/);
});

test("two edits of one resource are merged by field; only what both changed is asked", async () => {
  const ann = config.as("publisher", "ann");
  const start = await getResource(ann, { kind: "clusters", name: "web" });
  await set("bob", "connect_timeout", "2s", { kind: "clusters", name: "web" });
  const mine = start.yaml.replace("type: STATIC", "type: STATIC\nlb_policy: RANDOM");
  const merged = await mergeText(ann, { kind: "clusters", name: "web", baseYaml: start.yaml, yaml: mine });
  assert.deepEqual(
    merged.steps.filter(({ conflict }) => conflict),
    [],
  );
  assert.match(merged.yaml, /connect_timeout: 2s[\s\S]*lb_policy: RANDOM/);
  assert.deepEqual([merged.theirs.by, merged.theirs.revision], ["bob", start.revision + 1]);
  const clash = await mergeText(ann, {
    kind: "clusters",
    name: "web",
    baseYaml: start.yaml,
    yaml: mine.replace("connect_timeout: 1s", "connect_timeout: 7s"),
  });
  assert.deepEqual(
    clash.steps
      .filter(({ conflict }) => conflict)
      .map(({ path, base, ours, theirs }) => [path, base, ours, theirs]),
    [["connect_timeout", "1s", "7s", "2s"]],
  );
});

test("the blast radius follows references: a cluster's change reaches the routes and listeners before it", async () => {
  const impact = await draftImpact(config.as("viewer"));
  const names = (list: readonly { name: string; how: string }[]) =>
    list.map(({ name, how }) => `${name} ${how}`);
  assert.deepEqual(names(impact.clusters), ["web changed"]);
  assert.deepEqual(names(impact.routes), ["main reached"]);
  assert.deepEqual(names(impact.listeners), ["edge reached"]);
  assert.deepEqual(impact.listeners[0]?.by, [{ kind: "clusters", name: "web" }]);
  await set("ann", "virtual_hosts[0].routes[0].route.timeout", "8s");
  const more = await draftImpact(config.as("viewer"));
  assert.deepEqual(names(more.routes), ["main changed"]);
  assert.deepEqual(names(more.virtualHosts), ["web changed"]);
});
