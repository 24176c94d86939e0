import assert from "node:assert/strict";
import { test } from "node:test";
import { Headers } from "../http/header-map.ts";
import { eachMetric } from "./orca-metrics.ts";
import { readOrcaReport } from "./read-orca-report.ts";

test("load reports are read as text, JSON and protobuf; what is broken is none", () => {
  const read = (...fields: string[]) => readOrcaReport(new Headers(fields));
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

test("metrics go by their names, a star stands for all of a kind, and what is absent from a map is none", () => {
  const report = readOrcaReport(
    new Headers([
      "endpoint-load-metrics",
      "TEXT eps=2,named_metrics.a=0.4,named_metrics.b=0.9,utilization.d=1",
    ]),
  );
  assert.ok(report);
  const metrics = (...names: string[]): Record<string, number> => {
    const seen: Record<string, number> = {};
    eachMetric(report, names, (name, value) => {
      seen[name] = value;
    });
    return seen;
  };
  assert.deepEqual(metrics("eps", "cpu_utilization", "named_metrics.a", "named_metrics.c", "x"), {
    eps: 2,
    cpu_utilization: 0,
    "named_metrics.a": 0.4,
  });
  assert.deepEqual(metrics("named_metrics.*", "utilization.*", "request_cost.*"), {
    "named_metrics.a": 0.4,
    "named_metrics.b": 0.9,
    "utilization.d": 1,
  });
});
