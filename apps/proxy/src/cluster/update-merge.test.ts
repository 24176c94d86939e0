import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_ASSIGNMENT_POLICY } from "../load-balancer/host-set.ts";
import { eventually } from "../server/proxy-process-fixture.ts";
import { discardingStats } from "../stats/thread-stats.ts";
import type { HostSpec } from "./cluster-config.ts";
import { testHostSpec } from "./testing/test-host-spec.ts";
import { UpdateMerge } from "./update-merge.ts";

const spec = (key: string, health: HostSpec["health"] = "healthy"): HostSpec =>
  testHostSpec(key, { path: key }, { health });

function start(windowMs: number) {
  let delivered = 0;
  const assignmentPolicy = DEFAULT_ASSIGNMENT_POLICY;
  const known = { hosts: [spec("a"), spec("b")], assignmentPolicy };
  const merge = new UpdateMerge(windowMs, discardingStats(), known, () => delivered++);
  return {
    merge,
    update: (hosts: HostSpec[], policy = assignmentPolicy) =>
      merge.update({ hosts, assignmentPolicy: policy }),
    delivered: () => delivered,
  };
}

test("the first change of health is told at once, those after it together at the window's end", async () => {
  const { merge, update, delivered } = start(200);
  update([spec("a", "unhealthy"), spec("b")]);
  assert.equal(delivered(), 1);
  update([spec("a"), spec("b")]);
  update([spec("a", "degraded"), spec("b")]);
  assert.equal(delivered(), 1);
  await eventually("the merged update", () => (delivered() === 2 ? true : undefined));
  merge.stop();
});

test("hosts that come or go, and other words of the assignment, are told at once with what waits", () => {
  const { merge, update, delivered } = start(60_000);
  update([spec("a", "unhealthy"), spec("b")]);
  update([spec("a"), spec("b")]);
  update([spec("a")]);
  assert.equal(delivered(), 2);
  update([spec("a")], { ...DEFAULT_ASSIGNMENT_POLICY, dropPerMillion: 1 });
  assert.equal(delivered(), 3);
  merge.stop();
});

test("without a window every change is told at once", () => {
  const { merge, update, delivered } = start(0);
  update([spec("a", "unhealthy"), spec("b")]);
  update([spec("a"), spec("b")]);
  assert.equal(delivered(), 2);
  merge.stop();
});
