import assert from "node:assert/strict";
import { type Context, DEFAULT_GROUP } from "../contract.ts";
import { parseSelector, selectorMatches } from "../group/label-selector.ts";
import { listGroups } from "../group/read-groups.ts";
import { listNodes } from "../node/list-nodes.ts";
import { listRollouts, rolloutHistory } from "../rollout/read-rollout.ts";
import { listVersions } from "../version/list-versions.ts";
import { rolloutStatus } from "../version/rollout-status.ts";
import type { SimulatedFleet } from "./simulated-fleet.ts";

/** What must hold once nothing moves any more, whatever happened before. */
export async function checkRest(
  context: Context,
  fleet: SimulatedFleet,
  done: ReadonlyMap<string, number>,
  published: ReadonlyMap<number, string>,
): Promise<void> {
  await checkNodes(context, fleet);
  await checkHistories(context);
  await checkAudit(context, done);
  const { versions } = await listVersions(context, { limit: 500 });
  assert.deepEqual(
    versions.map(({ number, hash }) => [number, hash]).toReversed(),
    [...published].toSorted(([a], [b]) => a - b),
    "versions are what they were when they were published",
  );
}

/** Each node is in the first group that its labels match, and runs exactly what that group, or its canary, should have. */
async function checkNodes(context: Context, fleet: SimulatedFleet): Promise<void> {
  const groups = await listGroups(context);
  for (const node of await listNodes(context)) {
    const group = groups.find(({ selector }) => {
      const parsed = parseSelector(selector);
      return "selector" in parsed && selectorMatches(parsed.selector, node.labels);
    });
    assert.equal(node.group, group?.name);
    let wanted = group?.version;
    if (group?.rollout !== undefined) {
      const status = await rolloutStatus(context, group.rollout);
      if (status.nodes.find(({ id }) => id === node.id)?.selected) wanted = status.rollout.version;
    }
    assert.equal(fleet.nodes.get(node.id)?.running, wanted, `${node.id} of ${node.group}`);
    assert.equal(node.targetVersion, wanted);
    if (wanted !== undefined) assert.equal(node.sync, "effective", node.id);
  }
}

/** No step twice; nothing goes on that its group does not know; a group follows what its rollouts' events say. */
async function checkHistories(context: Context): Promise<void> {
  const groups = new Map((await listGroups(context)).map((group) => [group.name, group]));
  const follows = new Map<string, number | undefined>();
  for (const rollout of (await listRollouts(context, { limit: 500 })).toReversed()) {
    const underWay = ["running", "paused", "reverting"].includes(rollout.phase);
    assert.equal(
      groups.get(rollout.group)?.rollout === rollout.id,
      underWay,
      `rollout ${rollout.id}: ${rollout.phase}`,
    );
    const history = await rolloutHistory(context, rollout.id);
    assert.equal(history[0]?.kind, "started");
    const steps = history.flatMap(({ kind, details }) =>
      kind === "step" || kind === "promoted" ? [stepOf(details)] : [],
    );
    assert.deepEqual(
      steps,
      [...new Set(steps)].toSorted((a, b) => a - b),
      `steps of rollout ${rollout.id}`,
    );
    if (!underWay)
      assert.ok(["completed", "reverted", "aborted", "superseded"].includes(history.at(-1)?.kind ?? ""));
    assert.equal(history.length, rollout.revision, "a revision for each event");
    if (rollout.phase === "completed") follows.set(rollout.group, rollout.version);
    else if (rollout.phase === "reverted" || rollout.phase === "aborted")
      follows.set(rollout.group, rollout.previous);
    else follows.delete(rollout.group);
  }
  // Another group may have been removed and made again meanwhile.
  const last = follows.get(DEFAULT_GROUP);
  if (follows.has(DEFAULT_GROUP))
    assert.equal(groups.get(DEFAULT_GROUP)?.version, last, "follows its last rollout");
}

function stepOf(details: unknown): number {
  assert.ok(typeof details === "object" && details !== null && "step" in details, "a step says which");
  return Number(details.step);
}

/** Every success and every transition is in the audit, once. */
async function checkAudit(context: Context, done: ReadonlyMap<string, number>): Promise<void> {
  const rows = await context.sql<{ action: string; count: number }[]>`
    select action, count(*)::int from config.audit_event group by action`;
  const counts = new Map(rows.map(({ action, count }) => [action, count]));
  for (const [action, count] of done) {
    if (!action.startsWith("steer.")) assert.equal(counts.get(action), count, action);
  }
  const events = await context.sql<{ kind: string; count: number }[]>`
    select kind, count(*)::int from config.rollout_event group by kind`;
  for (const { kind, count } of events) assert.equal(counts.get(`rollout.${kind}`), count, kind);
  const steered = { promote: "promoted", pause: "paused", resume: "resumed", abort: "reverting" };
  for (const [verb, kind] of Object.entries(steered)) {
    assert.ok((counts.get(`rollout.${kind}`) ?? 0) >= (done.get(`steer.${verb}`) ?? 0), verb);
  }
}
