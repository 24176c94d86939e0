import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, type RolloutFacts } from "./decide.ts";
import type { RolloutRow, StateRow } from "./record-transition.ts";

const BEGAN = new Date("2026-01-01T00:00:00Z");
const WITHIN_MS = 60_000;
const at = (ms: number): Date => new Date(BEGAN.getTime() + ms);

const ROLLOUT: RolloutRow = {
  id: 1,
  version: 2,
  kind: "publish",
  author: "ann",
  createdAt: BEGAN,
  group: "default",
  previous: 1,
  strategy: {
    steps: [{ selector: "canary" }, { percent: 100 }],
    stepWaitMs: 0,
    effectiveWithinMs: WITHIN_MS,
    promote: "manual",
    onFailure: "revert",
    compare: null,
  },
};
const HOLDING: StateRow = {
  rollout: 1,
  phase: "running",
  endsAs: null,
  step: 0,
  stage: "holding",
  since: BEGAN,
  cutoff: null,
  reason: null,
  words: null,
  missing: [],
  comparison: null,
  revision: 1,
};

function held(node: Partial<RolloutFacts["nodes"][number]>, nowMs: number): string | undefined {
  const known = { id: "a", connected: true, since: BEGAN, sync: "effective", types: [], ...node } as const;
  return decide(ROLLOUT, HOLDING, { now: at(nowMs), frozen: false, nodes: [known], comparison: undefined })
    ?.to;
}

test("a canary that is held for an hour outlives a restart of the control plane, and no more than its deadline", () => {
  const lostMs = 3_600_000;
  assert.equal(held({}, lostMs), undefined);
  const lost = { connected: false, sync: "disconnected", since: at(lostMs) } as const;
  assert.equal(held(lost, lostMs + 1_000), undefined);
  assert.equal(held(lost, lostMs + WITHIN_MS), "failed");
  const back = { sync: "pending", since: at(lostMs + 5_000) } as const;
  assert.equal(held(back, lostMs + 6_000), undefined);
  assert.equal(held(back, lostMs + 5_000 + WITHIN_MS), "failed");
  assert.equal(held({ sync: "pending" }, lostMs), "failed");
});
