import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { rolloutOf } from "../approval/start-or-ask.ts";
import type { Context } from "../contract.ts";
import { putResource } from "../draft/put-resource.ts";
import { resetDraft } from "../draft/reset-draft.ts";
import { createGroup } from "../group/arrange-groups.ts";
import { freezeGroup } from "../group/freeze-group.ts";
import { setNodeLabels } from "../node/set-node-labels.ts";
import { pauseRollout } from "../rollout/steer-rollout.ts";
import { clusterYaml, routesYaml, secretYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { importYaml } from "../transfer/import-yaml.ts";
import { publish } from "../version/publish.ts";
import { rollback } from "../version/rollback.ts";
import { type Grant, includesGrant } from "./grant.ts";
import { readGrants } from "./read-grants.ts";

let config: TestConfig;
before(async () => {
  config = await startConfig();
});
after(() => config.close());

function withGrants(...grants: readonly Grant[]): Context {
  return { ...config.as("viewer"), actor: { id: "l", name: "lim", role: "limited", grants } };
}
const FORBIDDEN = { code: "forbidden" };

test("an editor of some kinds changes those alone, whatever the way", async () => {
  const eve = withGrants({ permission: "config.edit", kinds: ["clusters"] });
  await putResource(eve, { kind: "clusters", yaml: clusterYaml("a") });
  await assert.rejects(putResource(eve, { kind: "routes", yaml: routesYaml("r", "a") }), FORBIDDEN);
  await assert.rejects(putResource(eve, { kind: "secrets", yaml: secretYaml("s", "k") }), FORBIDDEN);
  const both = `resources:\n${indented("envoy.config.cluster.v3.Cluster", clusterYaml("b"))}${indented("envoy.config.route.v3.RouteConfiguration", routesYaml("r", "b"))}`;
  await assert.rejects(importYaml(eve, { text: both }), FORBIDDEN);
  const names = await config.database.sql`select name from config.draft_resource order by name`;
  assert.deepEqual(
    names.map(({ name }) => name),
    ["a"],
    "the refused import left nothing behind",
  );
  await putResource(config.as("editor"), { kind: "routes", yaml: routesYaml("r", "a") });
  await assert.rejects(resetDraft(eve), FORBIDDEN);
  await putResource(eve, { kind: "clusters", yaml: clusterYaml("c") });
});

test("a publisher of one group publishes, rolls back, freezes and steers there alone", async () => {
  await createGroup(config.as("publisher"), { name: "edge", selector: "zone=edge" });
  const pia = withGrants({ permission: "config.publish", groups: ["edge"] }, { permission: "config.read" });
  await assert.rejects(publish(pia, { message: "everywhere" }), FORBIDDEN);
  const canary = { steps: [{ percent: 50 }, { percent: 100 }] } as const;
  const published = await publish(pia, { message: "edge", group: "edge" });
  const { version } = published;
  await putResource(config.as("editor"), { kind: "clusters", yaml: clusterYaml("d") });
  const other = await publish(config.as("publisher"), { message: "all", strategy: canary });
  await assert.rejects(rollback(pia, { version: version.number }), FORBIDDEN);
  await assert.rejects(pauseRollout(pia, { rollout: rolloutOf(other).id }), FORBIDDEN);
  await assert.rejects(freezeGroup(pia, { group: "default", reason: "mine" }), FORBIDDEN);
  await pauseRollout(pia, { rollout: rolloutOf(published).id });
  await freezeGroup(pia, { group: "edge", reason: "mine" });
});

test("an operator of some nodes can move no node into that part nor out of it", async () => {
  const otto = withGrants({ permission: "node.operate", selector: "team=web" });
  const admin = config.as("admin");
  await setNodeLabels(admin, { id: "n1", labels: { team: "web" } });
  await setNodeLabels(admin, { id: "n2", labels: { team: "db" } });
  await setNodeLabels(otto, { id: "n1", labels: { team: "web", canary: "yes" } });
  await assert.rejects(setNodeLabels(otto, { id: "n1", labels: { team: "db" } }), FORBIDDEN);
  await assert.rejects(setNodeLabels(otto, { id: "n2", labels: { team: "web" } }), FORBIDDEN);
  const grouped = withGrants({ permission: "node.operate", groups: ["edge"] });
  await assert.rejects(setNodeLabels(grouped, { id: "n1", labels: { zone: "edge" } }), FORBIDDEN);
  await setNodeLabels(admin, { id: "n1", labels: { zone: "edge" } });
  await setNodeLabels(grouped, { id: "n1", labels: { zone: "edge", rack: "1" } });
});

test("a grant that would allow nothing or ignore a limit is refused with words", () => {
  const refused = (grant: Parameters<typeof readGrants>[0][number], words: RegExp) =>
    assert.throws(() => readGrants([grant]), { code: "bad_input", message: words });
  refused({ permission: "config.fly" }, /there is no permission 'config\.fly'; there are config\.read/);
  refused({ permission: "config.read", groups: ["a"] }, /cannot be limited by groups: it holds everywhere/);
  refused({ permission: "config.publish", kinds: ["clusters"] }, /can be limited by groups/);
  refused({ permission: "config.edit", kinds: ["secrets"] }, /secret\.manage/);
  refused({ permission: "config.edit", kinds: [] }, /at least one kind/);
  refused({ permission: "config.publish", groups: [] }, /name 1 to 200 groups/);
  refused({ permission: "node.operate", selector: "a=(" }, /selector 'a=\('/);
  refused({ permission: "node.operate", selector: " " }, /limits nothing/);
  assert.deepEqual(readGrants([{ permission: "config.publish", groups: ["b", "a", "b"] }]), [
    { permission: "config.publish", groups: ["a", "b"] },
  ]);
});

test("a grant is within others only if none of its limits is wider", () => {
  const own: readonly Grant[] = [
    { permission: "config.publish", groups: ["a", "b"] },
    { permission: "node.operate", selector: "x=y" },
    { permission: "config.edit" },
  ];
  const within = (grant: Grant) => includesGrant(own, grant);
  assert.equal(within({ permission: "config.publish", groups: ["a"] }), true);
  assert.equal(within({ permission: "config.publish" }), false);
  assert.equal(within({ permission: "config.publish", groups: ["a", "c"] }), false);
  assert.equal(within({ permission: "config.edit", kinds: ["routes"] }), true);
  assert.equal(within({ permission: "node.operate", selector: "x=y" }), true);
  assert.equal(within({ permission: "node.operate", selector: "x=z" }), false);
  assert.equal(within({ permission: "audit.read" }), false);
});

function indented(type: string, yaml: string): string {
  const lines = yaml.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return `- "@type": type.googleapis.com/${type}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}
