import assert from "node:assert/strict";
import { test } from "node:test";
import { Headers } from "../../../http/header-map.ts";
import { type TestHost, testContext, testHost } from "../../../load-balancer/testing/test-host.ts";
import { createTestPolicy, policyJson, type TestPolicy } from "../../../load-balancer/testing/test-policy.ts";
import { HostLoad, hostLoadPage } from "../../../orca/host-load.ts";
import type { OrcaReport } from "../../../orca/orca-report.ts";
import { readOrcaReport } from "../../../orca/read-orca-report.ts";
import { weightOfReport } from "./weight-of-report.ts";

const loadHost = (address: string): TestHost => testHost(address, { load: new HostLoad(hostLoadPage()) });

function reported(text: string): OrcaReport {
  const found = readOrcaReport(new Headers(["endpoint-load-metrics", text]));
  assert.ok(found);
  return found;
}

const report = (policy: TestPolicy, host: TestHost, text: string): void =>
  policy.balancer.onLoadReport?.(host, reported(text));

test("hosts get turns by requests per second and utilization, once their reports are old enough", () => {
  const policy = createTestPolicy({
    loadBalancingPolicy: policyJson("client_side_weighted_round_robin", { blackoutPeriod: "2s" }),
  });
  const [a, b, c] = [loadHost("a"), loadHost("b"), loadHost("c")];
  policy.update([a, b, c]);
  report(policy, a, "TEXT rps_fractional=100,application_utilization=0.2");
  report(policy, b, "TEXT rps_fractional=100, cpu_utilization=0.6");
  policy.advance(1000);
  assert.equal(policy.tally(300, testContext()).get("a"), 100, "not before the blackout period is over");
  policy.advance(1000);
  const counts = policy.tally(832 + 500, testContext());
  // Weights 500, 166 and, for the one that says nothing, the median: of an even number the mean of the two in the middle.
  assert.ok(Math.abs((counts.get("a") ?? 0) - 666) <= 2, JSON.stringify([...counts]));
  assert.ok(Math.abs((counts.get("b") ?? 0) - 221) <= 2, JSON.stringify([...counts]));
  assert.ok(Math.abs((counts.get("c") ?? 0) - 444) <= 2, JSON.stringify([...counts]));
  policy.advance(180_000);
  assert.equal(policy.tally(300, testContext()).get("a"), 100, "reports expire");
  report(policy, a, "TEXT rps_fractional=100,application_utilization=0.2");
  policy.advance(1000);
  assert.equal(
    policy.tally(300, testContext()).get("a"),
    100,
    "and have to come for the blackout period again",
  );
});

test("what another thread noted of a host counts, and a host that comes later gets the median at once", () => {
  const policy = createTestPolicy({
    loadBalancingPolicy: policyJson("client_side_weighted_round_robin", { blackoutPeriod: "0s" }),
  });
  const page = hostLoadPage();
  const a = testHost("a", { load: new HostLoad(page) });
  const b = loadHost("b");
  policy.update([a, b]);
  new HostLoad(page).note(300, 1000);
  b.load?.note(100, 1000);
  policy.advance(1000);
  assert.equal(policy.tally(400, testContext()).get("a"), 300);
  policy.update([a, b, testHost("c", { weight: 1 })]);
  const counts = policy.tally(600, testContext());
  assert.ok(Math.abs((counts.get("c") ?? 0) - 200) <= 2, JSON.stringify([...counts]));
});

test("within wrr_locality a locality is drawn first", () => {
  const inner = policyJson("client_side_weighted_round_robin");
  const policy = createTestPolicy({
    loadBalancingPolicy: policyJson("wrr_locality", { endpointPickingPolicy: inner }),
  });
  policy.update([
    testHost("a", { locality: "x", localityWeight: 3 }),
    testHost("b", { locality: "y", localityWeight: 1 }),
    testHost("c", { locality: "y", localityWeight: 1 }),
  ]);
  assert.ok(Math.abs((policy.tally(400, testContext()).get("a") ?? 0) - 300) <= 2);
});

test("named metrics stand for the utilization before the application's own, and errors raise it", () => {
  const found = reported("TEXT rps_fractional=100,eps=10,named_metrics.a=0.4,named_metrics.b=0.9");
  const weight = (metricNames: readonly string[], errorPenalty: number, from = found): number | undefined =>
    weightOfReport(from, { metricNames, errorPenalty });
  assert.equal(weight(["named_metrics.a"], 1), 200);
  assert.equal(weight(["named_metrics.*"], 0), 111);
  assert.equal(weight([], 0), undefined);
  const both = reported("TEXT rps_fractional=100,application_utilization=0.2,named_metrics.a=0.5");
  assert.equal(weight(["named_metrics.a"], 0, both), 200);
  assert.equal(weight(["named_metrics.b"], 0, both), 500);
});
