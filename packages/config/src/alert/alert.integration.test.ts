import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { asc, gt } from "drizzle-orm";
import type { Context } from "../contract.ts";
import { createGroup } from "../group/arrange-groups.ts";
import { recordConnected, recordDisconnected } from "../node/record-node-events.ts";
import { heartbeatReplica } from "../node/replica-lease.ts";
import { notificationEvent } from "../schema/index.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { evaluateAlerts } from "./evaluate-alerts.ts";
import { listAlerts } from "./list-alerts.ts";
import { type AlertRuleInput, putAlertRule, removeAlertRule } from "./put-rule.ts";
import { listAlertRules } from "./read-rules.ts";
import { createSilence, endSilence, listSilences } from "./silences.ts";
import type { TrafficFigures, TrafficQuestion } from "./traffic-figures.ts";
import { tryAlertRule } from "./try-rule.ts";

let config: TestConfig;
let ann: Context;
let figures: TrafficFigures[] = [];
let asked: TrafficQuestion[] = [];
before(async () => {
  config = await startConfig();
  ann = config.as("publisher", "ann");
  await heartbeatReplica(ann, "r1");
  await createGroup(ann, { name: "edge", selector: "zone=edge" });
  await recordConnected(ann, [node("e1", "edge"), node("d1", "core")]);
});
after(() => config.close());
beforeEach(async () => {
  for (const { name } of await listAlertRules(ann)) await removeAlertRule(ann, name);
  figures = [];
  asked = [];
});

function node(id: string, zone: string) {
  const rest = { cluster: "c", product: "sluice", productVersion: "1", peer: "127.0.0.1:5" } as const;
  return { id, labels: { zone }, extensions: [], replica: "r1", connection: "1", ...rest };
}

const bad = (name: string, errorRate: number, requests = 100): TrafficFigures => ({
  name,
  requests,
  requestsPerSecond: requests / 60,
  errorRate,
  p99Ms: 10,
});

const readTraffic = async (question: TrafficQuestion) => {
  asked.push(question);
  return figures;
};

async function evaluate(advanceMs = 0): Promise<readonly string[]> {
  config.advance(advanceMs);
  await heartbeatReplica(ann, "r1");
  await evaluateAlerts(ann, readTraffic, (error) => assert.fail(String(error)));
  return (await listAlerts(ann)).map(({ rule, target, state, silence }) =>
    [rule, target, state, ...(silence === undefined ? [] : ["silenced"])].join(" "),
  );
}

async function toldSince(id: number): Promise<readonly string[]> {
  const rows = await ann.db
    .select()
    .from(notificationEvent)
    .where(gt(notificationEvent.id, id))
    .orderBy(asc(notificationEvent.id));
  return rows.map(({ kind, topic, group }) => `${kind} ${topic} ${group}`);
}

async function newestEvent(): Promise<number> {
  const rows = await ann.db.select({ id: notificationEvent.id }).from(notificationEvent);
  return Math.max(0, ...rows.map(({ id }) => id));
}

const errors: AlertRuleInput = {
  name: "errors",
  measure: "error_rate",
  scope: { kind: "cluster" },
  threshold: { when: "above", value: 0.05 },
  forMs: 60_000,
};

test("a rule over each cluster fires for the one that fails, after its time, and tells once each", async () => {
  const from = await newestEvent();
  await putAlertRule(ann, errors);
  figures = [bad("web", 0.2), bad("api", 0.01), bad("rare", 1, 5)];
  assert.deepEqual(await evaluate(), ["errors cluster/web pending"]);
  assert.deepEqual(await evaluate(59_000), ["errors cluster/web pending"]);
  assert.deepEqual(await evaluate(1_000), ["errors cluster/web firing"]);
  await Promise.all([evaluate(), evaluate()]);
  assert.deepEqual(await toldSince(from), ["alert.firing cluster/web null"]);
  figures = [bad("web", 0.01)];
  assert.deepEqual(await evaluate(5_000), ["errors cluster/web resolved"]);
  await evaluate();
  assert.deepEqual(await toldSince(from), [
    "alert.firing cluster/web null",
    "alert.resolved cluster/web null",
  ]);
});

test("a silence keeps it quiet, and what still fires at its end is told then", async () => {
  const from = await newestEvent();
  await putAlertRule(ann, { ...errors, forMs: 0 });
  const input = { rule: "errors", target: "cluster/web", reason: "known", durationMs: 600_000 };
  const silence = await createSilence(ann, input);
  figures = [bad("web", 0.5), bad("api", 0.5)];
  assert.deepEqual((await evaluate()).toSorted(), [
    "errors cluster/api firing",
    "errors cluster/web firing silenced",
  ]);
  assert.deepEqual(await toldSince(from), ["alert.firing cluster/api null"]);
  await evaluate(600_000);
  assert.equal((await toldSince(from)).length, 2);
  assert.deepEqual(await listSilences(ann), []);
  await assert.rejects(endSilence(ann, silence.id), { code: "not_found" });
});

test("what was silenced from start to end is never told", async () => {
  const from = await newestEvent();
  await putAlertRule(ann, { ...errors, forMs: 0 });
  const { id } = await createSilence(ann, { reason: "maintenance", durationMs: 600_000 });
  figures = [bad("web", 0.5)];
  await evaluate();
  figures = [];
  assert.deepEqual(await evaluate(5_000), ["errors cluster/web resolved silenced"]);
  await endSilence(ann, id);
  await evaluate();
  assert.deepEqual(await toldSince(from), []);
});

test("groups are summed over their nodes, and a rate of nothing is a rate", async () => {
  await putAlertRule(ann, {
    name: "quiet",
    measure: "request_rate",
    scope: { kind: "group" },
    threshold: { when: "below", value: 1 },
    forMs: 0,
  });
  figures = [bad("edge", 0, 600)];
  assert.deepEqual(await evaluate(), ["quiet group/default firing"]);
  assert.deepEqual(
    [...(asked[0]?.together ?? [])].toSorted(),
    [
      ["d1", "default"],
      ["e1", "edge"],
    ].toSorted(),
  );
});

test("a lost node fires for its group, and a rule that is switched off resolves", async () => {
  const from = await newestEvent();
  const rule: AlertRuleInput = {
    name: "lost",
    measure: "node_lost",
    scope: { kind: "node", name: "e1" },
    threshold: { when: "above", value: 30 },
    forMs: 0,
  };
  await putAlertRule(ann, rule);
  await recordDisconnected(ann, [{ id: "e1", connection: "1" }]);
  assert.deepEqual(await evaluate(20_000), []);
  assert.deepEqual(await evaluate(20_000), ["lost node/e1 firing"]);
  assert.deepEqual(await toldSince(from), ["alert.firing node/e1 edge"]);
  const readings = await tryAlertRule(ann, rule, readTraffic);
  assert.deepEqual(
    readings.map(({ target, group, crossed }) => [target, group, crossed]),
    [
      ["node/e1", "edge", true],
      ["node/d1", "default", false],
    ].slice(0, 1),
  );
});

test("a rule that makes no sense, or is somebody else's meanwhile, is refused", async () => {
  const odd: readonly Partial<AlertRuleInput>[] = [
    { name: "Not A Name" },
    { threshold: { when: "above", value: 5 } },
    { threshold: { when: "above", value: Number.NaN } },
    { windowMs: 5 },
    { forMs: -1 },
    { scope: { kind: "all", name: "x" } },
    { measure: "node_lost", scope: { kind: "route" } },
  ];
  for (const part of odd)
    await assert.rejects(putAlertRule(ann, { ...errors, ...part }), { code: "bad_input" });
  await putAlertRule(ann, { ...errors, expectedRevision: 0 });
  await assert.rejects(putAlertRule(ann, { ...errors, expectedRevision: 0 }), { code: "conflict" });
  await putAlertRule(ann, { ...errors, expectedRevision: 1 });
  await assert.rejects(putAlertRule(config.as("viewer"), errors), { code: "forbidden" });
  await assert.rejects(createSilence(ann, { reason: " ", durationMs: 600_000 }), { code: "bad_input" });
  await assert.rejects(createSilence(ann, { rule: "none", reason: "x", durationMs: 600_000 }), {
    code: "not_found",
  });
});
