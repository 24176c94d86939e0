import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create } from "@bufbuild/protobuf";
import { OutlierDetectionSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/outlier_detection_pb.js";
import { ManualTime } from "../../event/testing/manual-time.ts";
import { RuntimeSnapshot } from "../../runtime/runtime-snapshot.ts";
import { ThreadStats } from "../../stats/thread-stats.ts";
import { HostOutlierMonitor } from "./host-outlier-monitor.ts";
import { compileOutlierDetection, type OutlierConfig } from "./outlier-config.ts";
import { OutlierDetector } from "./outlier-detector.ts";

function defaults(): OutlierConfig {
  const config = compileOutlierDetection(create(OutlierDetectionSchema), []);
  assert.ok(config);
  return config;
}

function watch(hosts: number, changes: Partial<OutlierConfig> = {}) {
  const time = new ManualTime();
  const config = { ...defaults(), maxEjectionPercent: 100, ...changes };
  const runtime = new RuntimeSnapshot();
  let changesSeen = 0;
  const detector = new OutlierDetector({
    config,
    concurrency: 2,
    clock: time,
    timers: time,
    random: { uint32: () => 0, uuid: () => "" },
    runtime,
    stats: new ThreadStats({ define() {}, release() {} }).root(),
    onEvent: () => {},
    onChange: () => {
      changesSeen++;
    },
  });
  const keys = Array.from({ length: hosts }, (_, index) => `host${index}`);
  detector.setHosts(new Map(keys.map((key) => [key, key])));
  const monitor = (key: string, workerIndex = 0): HostOutlierMonitor => {
    const watched = detector.get(key);
    assert.ok(watched);
    return new HostOutlierMonitor({ config, runtime }, watched.buffer, workerIndex, (type) =>
      detector.onSign(key, type),
    );
  };
  return {
    time,
    detector,
    runtime,
    monitor,
    keys,
    ejected: () => keys.filter((key) => detector.get(key)?.ejected === true),
    get changes() {
      return changesSeen;
    },
  };
}

describe("outlier detection", () => {
  it("ejects a host after so many 5xx in a row, counted over all workers", () => {
    const { monitor, ejected } = watch(2);
    const [one, other] = [monitor("host0", 0), monitor("host0", 1)];
    for (let n = 0; n < 2; n++) {
      one.putHttpResponseCode(500);
      other.putHttpResponseCode(500);
    }
    one.putHttpResponseCode(200);
    for (let n = 0; n < 4; n++) other.putHttpResponseCode(503);
    assert.deepEqual(ejected(), []);
    one.putHttpResponseCode(500);
    assert.deepEqual(ejected(), ["host0"]);
  });

  it("brings it back after the base time, and keeps it out longer each time", () => {
    const { monitor, ejected, time } = watch(2);
    const one = monitor("host0");
    const fail = (): void => {
      for (let n = 0; n < 5; n++) one.putHttpResponseCode(500);
    };
    fail();
    time.advance(29_999);
    assert.deepEqual(ejected(), ["host0"]);
    time.advance(1);
    assert.deepEqual(ejected(), []);
    fail();
    time.advance(50_000);
    assert.deepEqual(ejected(), ["host0"]);
    time.advance(10_000);
    assert.deepEqual(ejected(), []);
  });

  it("lets ejections in a row count no further than the longest time, and forgets one after a whole interval", () => {
    const { time, detector, monitor } = watch(2, {
      consecutive5xx: 1,
      intervalMs: 1_000,
      baseEjectionTimeMs: 1_000,
      maxEjectionTimeMs: 2_000,
    });
    const rowOf = (): number | undefined => detector.get("host0")?.backOff;
    for (let times = 0; times < 6; times++) {
      monitor("host0").putHttpResponseCode(500);
      time.advance(4_000);
      assert.equal(detector.get("host0")?.ejected, false);
      monitor("host0").putHttpResponseCode(500);
      time.advance(2_000);
    }
    assert.ok((rowOf() ?? 9) <= 3);
    time.advance(10_000);
    assert.equal(rowOf(), 0);
  });

  it("goes by what operators set at runtime", () => {
    const { monitor, ejected, time, runtime } = watch(2);
    runtime.replace({
      "outlier_detection.consecutive_5xx": 2,
      "outlier_detection.base_ejection_time_ms": 5_000,
      "outlier_detection.max_ejection_percent": 50,
    });
    for (const key of ["host0", "host1"]) {
      for (let n = 0; n < 2; n++) monitor(key).putHttpResponseCode(500);
    }
    assert.deepEqual(ejected(), ["host0"]);
    time.advance(10_000);
    assert.deepEqual(ejected(), []);
  });

  it("takes a host's own word that it is degraded, once for all workers, and longer each time", () => {
    const { monitor, detector, time, ejected } = watch(2, { detectsDegraded: true, intervalMs: 10_000 });
    const degraded = (): boolean | undefined => detector.get("host0")?.degradation.active;
    monitor("host0", 0).putDegraded();
    monitor("host0", 1).putDegraded();
    assert.equal(degraded(), true);
    time.advance(30_000);
    assert.equal(degraded(), false);
    monitor("host0", 1).putDegraded();
    time.advance(50_000);
    assert.equal(degraded(), true);
    time.advance(10_000);
    assert.equal(degraded(), false);
    assert.deepEqual(ejected(), []);
    const deaf = watch(2);
    deaf.monitor("host0").putDegraded();
    assert.equal(deaf.detector.get("host0")?.degradation.active, false);
  });

  it("never ejects more than the share that is allowed, but one host where it is told to", () => {
    const strict = watch(4, { maxEjectionPercent: 20 });
    for (let n = 0; n < 5; n++) strict.monitor("host0").putHttpResponseCode(500);
    assert.deepEqual(strict.ejected(), []);
    const one = watch(4, { maxEjectionPercent: 20, alwaysEjectOneHost: true });
    for (const key of ["host0", "host1"]) {
      for (let n = 0; n < 5; n++) one.monitor(key).putHttpResponseCode(500);
    }
    assert.deepEqual(one.ejected(), ["host0"]);
  });

  it("takes failures to connect for statuses, or counts them apart where they are split", () => {
    const joint = watch(2);
    for (let n = 0; n < 5; n++) joint.monitor("host0").putResult("localOriginConnectFailed");
    assert.deepEqual(joint.ejected(), ["host0"]);
    const split = watch(2, { splitLocalOrigin: true, consecutiveLocalOriginFailure: 2 });
    const monitor = split.monitor("host0");
    monitor.putResult("localOriginConnectFailed");
    monitor.putResult("localOriginConnectSuccess");
    monitor.putResult("localOriginTimeout");
    assert.deepEqual(split.ejected(), []);
    monitor.putResult("localOriginTimeout");
    assert.deepEqual(split.ejected(), ["host0"]);
  });

  it("ejects hosts whose success rate is far below the others'", () => {
    const { monitor, ejected, time, keys, detector } = watch(6);
    for (const key of keys) {
      const one = monitor(key);
      for (let n = 0; n < 100; n++) one.putHttpResponseCode(key === "host3" && n % 2 === 0 ? 500 : 200);
    }
    time.advance(10_000);
    assert.deepEqual(ejected(), ["host3"]);
    assert.equal(detector.get("host3")?.successRate, 50);
    assert.equal(detector.get("host0")?.successRate, 100);
  });

  it("ejects hosts by their share of failures where that is enforced", () => {
    const { monitor, ejected, time, keys } = watch(5, {
      enforcing: { ...defaults().enforcing, failure_percentage: 100, success_rate: 0 },
      failurePercentageThreshold: 40,
    });
    for (const key of keys) {
      const one = monitor(key);
      for (let n = 0; n < 50; n++) one.putHttpResponseCode(key !== "host1" || n % 2 === 0 ? 200 : 501);
    }
    time.advance(10_000);
    assert.deepEqual(ejected(), ["host1"]);
  });

  it("lets a passed health check bring a host back", () => {
    const { monitor, ejected, detector } = watch(2);
    for (let n = 0; n < 5; n++) monitor("host0").putHttpResponseCode(500);
    detector.onHealthCheckPassed("host0");
    assert.deepEqual(ejected(), []);
  });
});
