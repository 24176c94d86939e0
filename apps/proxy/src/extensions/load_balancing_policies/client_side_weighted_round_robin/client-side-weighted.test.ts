import assert from "node:assert/strict";
import { test } from "node:test";
import { Headers } from "../../../http/header-map.ts";
import { type TestHost, testContext, testHost } from "../../../load-balancer/testing/test-host.ts";
import { createTestPolicy, policyJson, type TestPolicy } from "../../../load-balancer/testing/test-policy.ts";
import { readLoadReport } from "./read-load-report.ts";
import { weightOfReport } from "./weight-of-report.ts";

const report = (policy: TestPolicy, host: TestHost, text: string): void =>
  policy.balancer.onResponse?.(host, new Headers(["endpoint-load-metrics", text]));

test("hosts get turns by requests per second and utilization, once their reports are old enough", () => {
  const policy = createTestPolicy({
    loadBalancingPolicy: policyJson("client_side_weighted_round_robin", { blackoutPeriod: "2s" }),
  });
  const [a, b, c] = [testHost("a"), testHost("b"), testHost("c")];
  policy.update([a, b, c]);
  report(policy, a, "TEXT rps_fractional=100,application_utilization=0.2");
  report(policy, b, "TEXT rps_fractional=100, cpu_utilization=0.6");
  policy.advance(1000);
  assert.equal(policy.tally(300, testContext()).get("a"), 100, "not before the blackout period is over");
  policy.advance(1000);
  policy.advance(1000);
  const counts = policy.tally(832 + 500, testContext());
  // Weights 500, 166 and, for the one that says nothing, the median: 500.
  assert.ok(Math.abs((counts.get("b") ?? 0) - 190) <= 2, JSON.stringify([...counts]));
  assert.ok(Math.abs((counts.get("c") ?? 0) - 571) <= 2, JSON.stringify([...counts]));
  policy.advance(180_000);
  assert.equal(policy.tally(300, testContext()).get("a"), 100, "reports expire");
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

test("load reports are read as text, JSON and protobuf; what is broken is none", () => {
  const read = (...fields: string[]) => readLoadReport(new Headers(fields));
  const expected = { rate: 10.5, cpu: 0.25, queue: 0.5 };
  const seen = (found: ReturnType<typeof read>) =>
    found && { rate: found.rpsFractional, cpu: found.cpuUtilization, queue: found.namedMetrics.get("queue") };
  const text = "TEXT cpu_utilization=0.25,rps_fractional=10.5,named_metrics.queue=0.5";
  const json = 'JSON {"cpuUtilization":0.25,"rps_fractional":10.5,"namedMetrics":{"queue":0.5}}';
  const double = (tag: number, value: number): Buffer => {
    const bytes = Buffer.alloc(9);
    bytes[0] = tag;
    bytes.writeDoubleLE(value, 1);
    return bytes;
  };
  const entry = Buffer.concat([Buffer.from([0x0a, 5]), Buffer.from("queue"), double(0x11, 0.5)]);
  const binary = Buffer.concat([
    double(0x09, 0.25),
    double(0x31, 10.5),
    Buffer.from([0x42, entry.length]),
    entry,
  ]);
  assert.deepEqual(seen(read("endpoint-load-metrics", text)), expected);
  assert.deepEqual(seen(read("endpoint-load-metrics", json)), expected);
  assert.deepEqual(seen(read("endpoint-load-metrics-bin", binary.toString("base64"))), expected);
  assert.deepEqual(seen(read("endpoint-load-metrics", `BIN ${binary.toString("base64")}`)), expected);
  assert.equal(read("endpoint-load-metrics", "XML <a/>"), undefined);
  for (const broken of [
    "cpu_utilization",
    "cpu_utilization=x",
    "eps=1,eps=2",
    "other=1",
    "cpu_utilization=NaN",
  ])
    assert.equal(read("endpoint-load-metrics", `TEXT ${broken}`), undefined, broken);
  assert.equal(read("endpoint-load-metrics", "JSON {"), undefined);
  const cut = binary.subarray(0, binary.length - 3).toString("base64");
  assert.equal(read("endpoint-load-metrics-bin", cut), undefined);
  assert.equal(read(), undefined);
});

test("errors and named metrics raise the utilization", () => {
  const found = readLoadReport(
    new Headers([
      "endpoint-load-metrics",
      "TEXT rps_fractional=100,eps=10,named_metrics.a=0.4,named_metrics.b=0.9",
    ]),
  );
  assert.ok(found);
  assert.equal(weightOfReport(found, ["named_metrics.a"], 1), 200);
  assert.equal(weightOfReport(found, ["named_metrics.*"], 0), 111);
  assert.equal(weightOfReport(found, [], 0), undefined);
});
