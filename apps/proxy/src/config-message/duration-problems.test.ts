import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson } from "@bufbuild/protobuf";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { durationProblems, durationProblemsIn } from "./duration-problems.ts";

const messages = (seconds: bigint, nanos: number): readonly string[] =>
  durationProblems({ timeout: { $typeName: "google.protobuf.Duration", seconds, nanos } }, "at").map(
    ({ path, message }) => `${path}: ${message}`,
  );

test("a time is none of less than nothing, nor more than fits 64 bits of nanoseconds", () => {
  assert.deepEqual(messages(0n, 0), []);
  assert.deepEqual(messages(9_223_372_036n, 999_999_999), []);
  for (const [seconds, nanos] of [[-1n, 0] as const, [0n, -1] as const])
    assert.deepEqual(messages(seconds, nanos), ["at.timeout: Expected positive duration"]);
  for (const [seconds, nanos] of [[9_223_372_037n, 0] as const, [1n, 1_000_000_000] as const])
    assert.deepEqual(messages(seconds, nanos), ["at.timeout: Duration out-of-range"]);
});

test("every time of a message is looked at, wherever it stands", () => {
  const cluster = fromJson(ClusterSchema, {
    connectTimeout: "1s",
    dnsRefreshRate: "-1s",
    healthChecks: [{ timeout: "1s" }, { interval: "10000000000s" }],
    outlierDetection: { interval: "-0.5s" },
  });
  assert.deepEqual(
    durationProblemsIn(ClusterSchema, cluster).map(({ path }) => path),
    ["health_checks[1].interval", "dns_refresh_rate", "outlier_detection.interval"],
  );
});
