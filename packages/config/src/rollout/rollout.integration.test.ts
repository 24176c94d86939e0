import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Role } from "../access/built-in-roles.ts";
import { rolloutOf } from "../approval/start-or-ask.ts";
import { listAudit } from "../audit/list-audit.ts";
import type { Context, RolloutComparison } from "../contract.ts";
import { draftStatus } from "../draft/draft-status.ts";
import { putResource } from "../draft/put-resource.ts";
import { createGroup, removeGroup } from "../group/arrange-groups.ts";
import { freezeGroup, unfreezeGroup } from "../group/freeze-group.ts";
import { listGroups } from "../group/read-groups.ts";
import { listNodes } from "../node/list-nodes.ts";
import { heartbeatReplica } from "../node/replica-lease.ts";
import { setNodeLabels } from "../node/set-node-labels.ts";
import { clusterYaml } from "../testing/sample-resources.ts";
import { SimulatedFleet } from "../testing/simulated-fleet.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { liveVersion } from "../version/live-version.ts";
import { publish } from "../version/publish.ts";
import { rollback } from "../version/rollback.ts";
import { rolloutStatus } from "../version/rollout-status.ts";
import { advanceRollouts, type Compare } from "./advance-rollouts.ts";
import type { StrategyInput } from "./complete-strategy.ts";
import { rolloutHistory } from "./read-rollout.ts";
import { abortRollout, pauseRollout, promoteRollout, resumeRollout } from "./steer-rollout.ts";

let config: TestConfig;
const fleet = new SimulatedFleet();
const IDS = ["n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "n10"];
const FIGURES = { requests: 500, errorRate: 0, p95Ms: 5 };
let comparison: RolloutComparison = {
  verdict: "fine",
  reason: "as good",
  baseline: "old nodes",
  newer: FIGURES,
  older: FIGURES,
};
const compare: Compare = async () => comparison;
let edits = 0;
/** Stands still unless a test moves it: no verdict hangs on how fast the machine is. */
let clockMs = Date.now();

before(async () => {
  config = await startConfig();
  await heartbeatReplica(as("admin"), "r1");
  for (const [index, id] of IDS.entries()) {
    fleet.add(id, { zone: index % 2 === 0 ? "a" : "b" });
    await fleet.connect(as("admin"), id, "r1");
  }
});
after(() => config.close());

function as(role: Role, name: string = role): Context {
  return { ...config.as(role, name), now: () => new Date(clockMs) };
}

const ann = () => as("publisher", "ann");
const advance = () => advanceRollouts(as("admin"), compare);

/** Another version; answers its rollout. */
async function publishNext(strategy?: StrategyInput, group?: string) {
  edits++;
  await putResource(ann(), {
    kind: "clusters",
    name: "web",
    yaml: clusterYaml("web", 1_000 + edits),
    ...(edits === 1 ? {} : { expectedRevision: edits - 1 }),
  });
  const published = await publish(ann(), { message: `edit ${edits}`, strategy, group });
  return { version: published.version, rollout: rolloutOf(published) };
}

/** Nodes do what they are told, and rollouts move on, until nothing moves. */
async function settle(): Promise<void> {
  do await fleet.converge(ann());
  while ((await advance()) > 0);
  await fleet.converge(ann());
}

async function wait(ms: number): Promise<void> {
  clockMs += ms;
  await heartbeatReplica(as("admin"), "r1");
  await settle();
}

function running(): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const node of fleet.nodes.values()) counts[node.running ?? 0] = (counts[node.running ?? 0] ?? 0) + 1;
  return counts;
}

async function phaseOf(rollout: number): Promise<string> {
  return (await rolloutStatus(ann(), rollout)).progress.phase;
}

async function historyOf(rollout: number): Promise<string> {
  return (await rolloutHistory(ann(), rollout)).map(({ kind }) => kind).join(" ");
}

test("all at once: completed when it is seen on every connected node, and not before", async () => {
  const { rollout } = await publishNext();
  await advance();
  assert.equal(await phaseOf(rollout.id), "running");
  await settle();
  assert.deepEqual(running(), { 1: 10 });
  assert.equal(await phaseOf(rollout.id), "completed");
  assert.equal(await historyOf(rollout.id), "started effective completed");
});

test("a canary goes step by step, each watched for its wait, and every step is in the history and the audit", async () => {
  const { rollout } = await publishNext({ steps: [{ percent: 20 }, { percent: 50 }], stepWaitMs: 60_000 });
  await settle();
  assert.deepEqual(running(), { 1: 8, 2: 2 });
  await assert.rejects(publishNext(), {
    code: "conflict",
    message: /ann's rollout 2 of version 2 is at step 1 of 3/,
  });
  await wait(59_000);
  assert.deepEqual(running(), { 1: 8, 2: 2 });
  await wait(2_000);
  assert.deepEqual(running(), { 1: 5, 2: 5 });
  assert.equal((await liveVersion(ann()))?.version.number, 2);
  await wait(60_001);
  assert.deepEqual(running(), { 2: 10 });
  assert.equal((await rolloutStatus(ann(), rollout.id)).state, "waiting");
  await wait(60_001);
  assert.equal(await phaseOf(rollout.id), "completed");
  assert.equal((await rolloutStatus(ann(), rollout.id)).state, "effective");
  const kinds = (await rolloutHistory(ann(), rollout.id)).map(({ kind }) => kind);
  assert.equal(kinds.join(" "), "started effective step effective step effective completed");
  const { events } = await listAudit(ann(), { subject: `rollout/${rollout.id}`, action: "rollout." });
  assert.deepEqual(events.map(({ action }) => action.replace("rollout.", "")).toReversed(), kinds);
});

test("a refusal by a canary takes the version back, and says in whose words", async () => {
  fleet.poison.add(3);
  const { rollout } = await publishNext({ steps: [{ selector: "zone=a" }], stepWaitMs: 0 });
  assert.equal(rollout.version, 3);
  await settle();
  const status = await rolloutStatus(ann(), rollout.id);
  assert.equal(status.state, "reverted");
  assert.match(
    (await rolloutHistory(ann(), rollout.id)).map(({ reason }) => reason).join("; "),
    /refused clusters: version 3: no/,
  );
  assert.equal(await historyOf(rollout.id), "started reverting reverted");
  assert.deepEqual(running(), { 2: 10 });
  assert.equal((await liveVersion(ann()))?.version.number, 2);
  assert.equal((await draftStatus(ann())).modified, 1);
  fleet.poison.clear();
});

test("a canary whose traffic is worse is taken back; with `pause` it waits for somebody", async () => {
  const worse = { ...comparison, verdict: "worse", reason: "error rate 9% against 0%" } as const;
  const { rollout } = await publishNext({ steps: [{ percent: 10 }] });
  await settle();
  const fine = comparison;
  comparison = worse;
  await settle();
  assert.equal(await phaseOf(rollout.id), "reverted");
  comparison = fine;
  const paused = (await publishNext({ steps: [{ percent: 10 }], onFailure: "pause" })).rollout;
  await settle();
  comparison = worse;
  await settle();
  const status = await rolloutStatus(ann(), paused.id);
  assert.deepEqual([status.state, status.progress.reason], ["paused", worse.reason]);
  assert.equal(status.progress.comparison?.verdict, "worse");
  comparison = fine;
  await abortRollout(ann(), { rollout: paused.id, reason: "not good" });
  assert.equal(await phaseOf(paused.id), "reverting");
  await settle();
  assert.equal(await phaseOf(paused.id), "aborted");
  assert.deepEqual(running(), { 2: 10 });
});

test("no effect within the deadline: taken back; nodes that are away have the same deadline and are told as missing", async () => {
  const { rollout } = await publishNext({ steps: [{ selector: "zone=a" }], effectiveWithinMs: 10_000 });
  await advance();
  clockMs += 10_001;
  await heartbeatReplica(ann(), "r1");
  await advance();
  assert.match(await historyOf(rollout.id), /^started reverting reverted$/);

  await fleet.disconnect(ann(), "n1");
  const second = (await publishNext({ effectiveWithinMs: 10_000 })).rollout;
  await settle();
  assert.equal(await phaseOf(second.id), "running");
  await wait(10_001);
  const { progress, state } = await rolloutStatus(ann(), second.id);
  assert.deepEqual([progress.phase, state, progress.missing], ["completed", "effective", ["n1"]]);
  await fleet.connect(ann(), "n1", "r1");
  await settle();
});

test("by hand: pause stops it, resume begins the step anew, promote goes on, each only where it makes sense", async () => {
  const { rollout } = await publishNext({
    steps: [{ percent: 10 }, { percent: 50 }],
    promote: "manual",
    stepWaitMs: 0,
  });
  await settle();
  assert.equal((await rolloutStatus(ann(), rollout.id)).progress.stage, "holding");
  await pauseRollout(ann(), { rollout: rollout.id });
  await assert.rejects(pauseRollout(ann(), { rollout: rollout.id }), {
    code: "conflict",
    message: /is paused/,
  });
  await wait(600_000);
  assert.equal(await phaseOf(rollout.id), "paused");
  await resumeRollout(ann(), { rollout: rollout.id });
  await promoteRollout(ann(), { rollout: rollout.id, to: "next" });
  await settle();
  assert.equal(Object.values(running()).toSorted().join(), "5,5");
  await promoteRollout(ann(), { rollout: rollout.id });
  await assert.rejects(promoteRollout(ann(), { rollout: rollout.id }), { message: /is at its last step/ });
  await settle();
  assert.equal(await phaseOf(rollout.id), "completed");
  await assert.rejects(abortRollout(ann(), { rollout: rollout.id }), {
    code: "conflict",
    message: /is completed/,
  });
});

test("a rollback cuts a canary off; a frozen group refuses both with who and why", async () => {
  const { rollout } = await publishNext({ steps: [{ percent: 10 }] });
  await settle();
  const back = rolloutOf(await rollback(ann(), { version: 1 }));
  await settle();
  assert.deepEqual(running(), { 1: 10 });
  assert.equal(await phaseOf(rollout.id), "superseded");
  assert.equal(await phaseOf(back.id), "completed");
  await freezeGroup(as("publisher", "eve"), { group: "default", reason: "Black Friday" });
  await assert.rejects(publishNext(), { code: "frozen", message: /frozen by eve since .*: Black Friday/ });
  await assert.rejects(rollback(ann(), { version: 2 }), { code: "frozen" });
  await unfreezeGroup(ann(), "default");
  await rollback(ann(), { version: 2 });
  await settle();
});

test("a frozen group's canary does not go forward, and may go back", async () => {
  const { rollout } = await publishNext({ steps: [{ percent: 10 }], stepWaitMs: 0 });
  await freezeGroup(ann(), { group: "default", reason: "wait" });
  await settle();
  assert.equal((await rolloutStatus(ann(), rollout.id)).progress.step, 0);
  await assert.rejects(promoteRollout(ann(), { rollout: rollout.id }), { code: "frozen" });
  await abortRollout(ann(), { rollout: rollout.id });
  await settle();
  assert.equal(await phaseOf(rollout.id), "aborted");
  await unfreezeGroup(ann(), "default");
});

test("each group follows its own version; an operator's label moves a node at once", async () => {
  await createGroup(ann(), { name: "edge", selector: "tier=edge" });
  const { rollout, version } = await publishNext(undefined, "edge");
  await settle();
  assert.deepEqual(running(), { 2: 10 });
  assert.equal((await rolloutStatus(ann(), rollout.id)).state, "no_nodes");
  for (const id of ["n1", "n2"]) await setNodeLabels(ann(), { id, labels: { tier: "edge" } });
  await settle();
  assert.deepEqual(running(), { 2: 8, [version.number]: 2 });
  assert.equal(await phaseOf(rollout.id), "completed");
  assert.deepEqual(
    (await listGroups(ann())).map(({ name, nodes, version: follows }) => [name, nodes, follows]),
    [
      ["edge", 2, version.number],
      ["default", 8, 2],
    ],
  );
  assert.equal((await listNodes(ann())).find(({ id }) => id === "n1")?.group, "edge");
  await assert.rejects(publish(ann(), { message: "again", group: "edge" }), { code: "nothing_to_publish" });
  await assert.rejects(publish(ann(), { message: "x", group: "nobody" }), { code: "not_found" });
  await removeGroup(ann(), "edge");
  await settle();
  assert.deepEqual(running(), { 2: 10 });
});

test("two replicas that move the same rollout at once make each step once", async () => {
  const { rollout } = await publishNext({ steps: [{ percent: 30 }, { percent: 60 }], stepWaitMs: 0 });
  for (let round = 0; round < 10; round++) {
    await fleet.converge(ann());
    await Promise.all(Array.from({ length: 4 }, () => advance()));
  }
  assert.equal(await historyOf(rollout.id), "started effective step effective step effective completed");
});

test("the history cannot be changed", async () => {
  await assert.rejects(config.database.sql`delete from config.rollout_event`, /immutable/);
});
