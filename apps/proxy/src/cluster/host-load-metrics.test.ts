import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualTime } from "../event/testing/manual-time.ts";
import { Headers } from "../http/header-map.ts";
import { type LoadMetric, LoadMetricsOutbox } from "../orca/load-metrics-outbox.ts";
import { readOrcaReport } from "../orca/read-orca-report.ts";
import { HostLoadMetrics } from "./host-load-metrics.ts";

function report(text: string) {
  const found = readOrcaReport(new Headers(["endpoint-load-metrics", `TEXT ${text}`]));
  assert.ok(found);
  return found;
}

test("the metrics that are asked for are told together, and each once", () => {
  const time = new ManualTime();
  const told: (readonly LoadMetric[])[] = [];
  const outbox = new LoadMetricsOutbox(["eps", "named_metrics.*"], time, (each) => told.push(each));
  outbox.note("a", report("eps=1,named_metrics.x=2"));
  outbox.note("a", report("eps=3,cpu_utilization=1"));
  outbox.note("b", report("eps=5"));
  assert.equal(told.length, 0);
  time.advance(1_000);
  const expected = [
    { host: "a", name: "eps", count: 2, total: 4 },
    { host: "a", name: "named_metrics.x", count: 1, total: 2 },
    { host: "b", name: "eps", count: 1, total: 5 },
  ];
  assert.deepEqual(told, [expected]);
  time.advance(1_000);
  assert.equal(told.length, 1);
  outbox.note("b", report("eps=5"));
  outbox.close();
  assert.deepEqual(told[1], [{ host: "b", name: "eps", count: 1, total: 5 }]);
});

test("what workers tell adds up until it is taken; hosts that are gone have none", () => {
  const metrics = new HostLoadMetrics();
  const isHost = (key: string): boolean => key !== "gone";
  metrics.add([{ host: "a", name: "eps", count: 2, total: 4 }], isHost);
  metrics.add(
    [
      { host: "a", name: "eps", count: 1, total: 1 },
      { host: "b", name: "eps", count: 1, total: 1 },
      { host: "gone", name: "eps", count: 1, total: 1 },
    ],
    isHost,
  );
  assert.deepEqual([...metrics.take("a")], [["eps", { count: 3, total: 5 }]]);
  assert.equal(metrics.take("a").size, 0);
  assert.equal(metrics.take("gone").size, 0);
  metrics.forgetOthers(new Set(["a"]));
  assert.equal(metrics.take("b").size, 0);
  const many = Array.from({ length: 2000 }, (_, index) => ({
    ...{ host: "a", name: `named_metrics.${index}` },
    ...{ count: 1, total: 1 },
  }));
  metrics.add(many, isHost);
  assert.equal(metrics.take("a").size, 1000);
});
