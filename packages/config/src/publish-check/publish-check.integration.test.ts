import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { listAudit } from "../audit/list-audit.ts";
import type { Context } from "../contract.ts";
import { putResource } from "../draft/put-resource.ts";
import { clusterYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { publish } from "../version/publish.ts";
import type { DataPlaneQuestion, DataPlaneVerdict } from "./data-plane-check.ts";
import { dryRunDraft } from "./dry-run.ts";

let config: TestConfig;
const asked: DataPlaneQuestion[] = [];
let verdict: DataPlaneVerdict = { available: true, problems: [] };
before(async () => {
  config = await startConfig();
});
after(() => config.close());

const judge = {
  async check(question: DataPlaneQuestion) {
    asked.push(question);
    return verdict;
  },
};
function as(role: "publisher" | "admin"): Context {
  return { ...config.as(role), dataPlane: judge };
}
const REFUSED: DataPlaneVerdict = {
  available: true,
  problems: [
    {
      resource: { kind: "clusters", name: "a" },
      problem: { path: "lb_policy", message: "is not implemented", severity: "error" },
    },
  ],
};

test("the whole draft is asked about, once for the review and the publish behind it", async () => {
  await putResource(as("publisher"), { kind: "clusters", yaml: clusterYaml("a") });
  const run = await dryRunDraft(as("publisher"));
  assert.deepEqual([run.state, run.judged, run.blocks], ["accepted", 1, false]);
  await publish(as("publisher"), { message: "m" });
  assert.equal(asked.length, 1);
  assert.deepEqual(asked[0]?.clusters, ["a"]);
  assert.equal(asked[0]?.resources[0]?.name, "a");
});

test("what the data plane would refuse blocks publishing, in its words; an admin may go past it with a reason", async () => {
  verdict = REFUSED;
  await putResource(as("publisher"), { kind: "clusters", yaml: clusterYaml("b") });
  await assert.rejects(publish(as("publisher"), { message: "m" }), {
    code: "invalid",
    message: "the data plane would refuse clusters 'a': is not implemented",
  });
  await publish(as("admin"), { message: "m", override: { reason: "only Envoy runs it" } });
  const { events } = await listAudit(as("admin"), { action: "version.override" });
  assert.deepEqual(events[0]?.details, {
    reason: "only Envoy runs it",
    failedTests: [],
    refused: ["clusters/a: is not implemented"],
  });
});

test("a data plane that cannot be asked stops nobody, is told, is on record, and is asked again", async () => {
  verdict = { available: false, reason: "no answer within 20 s" };
  await putResource(as("publisher"), { kind: "clusters", yaml: clusterYaml("c") });
  const run = await dryRunDraft(as("publisher"));
  assert.deepEqual([run.state, run.reason], ["unavailable", "no answer within 20 s"]);
  const before = asked.length;
  await publish(as("publisher"), { message: "m" });
  assert.equal(asked.length, before + 1);
  const { events } = await listAudit(as("admin"), { action: "version.unchecked" });
  assert.deepEqual(events[0]?.details, { reason: "no answer within 20 s" });
});

test("where only other products are connected, their own judgement counts", async () => {
  verdict = REFUSED;
  const { sql } = config.database;
  const now = new Date().toISOString();
  await sql`insert into config.control_replica (id, heartbeat_at) values ('r', ${now})`;
  await sql`insert into config.node (id, cluster, product, product_version, labels, peer, extensions, connected, since,
    last_seen_at, replica, connection) values ('e', 'c', 'envoy', '1.40', '{}', '', '[]', true, ${now}, ${now}, 'r', '1')`;
  await putResource(as("publisher"), { kind: "clusters", yaml: clusterYaml("d") });
  const run = await dryRunDraft(as("publisher"));
  assert.deepEqual([run.state, run.blocks], ["refused", false]);
  await publish(as("publisher"), { message: "m" });
});
