import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualTime } from "../../event/testing/manual-time.ts";
import { ThreadStats } from "../../stats/thread-stats.ts";
import type { HealthCheckConfig } from "./health-check-config.ts";
import { HealthCheckSession, type Probe, type ProbeSink } from "./health-check-session.ts";
import { HealthFlag } from "./health-flag.ts";

const CONFIG: HealthCheckConfig = {
  name: "",
  timeoutMs: 1_000,
  intervalMs: 10_000,
  initialJitterMs: 0,
  intervalJitterMs: 0,
  intervalJitterPercent: 0,
  unhealthyThreshold: 3,
  healthyThreshold: 2,
  reuseConnection: true,
  noTrafficIntervalMs: 60_000,
  noTrafficHealthyIntervalMs: 50_000,
  unhealthyIntervalMs: 4_000,
  unhealthyEdgeIntervalMs: 5_000,
  healthyEdgeIntervalMs: 7_000,
  eventLogPaths: [],
  alwaysLogFailures: false,
  alwaysLogSuccess: false,
  alpn: undefined,
  socketMatch: undefined,
  check: { kind: "tcp", proxyVersion: undefined, send: new Uint8Array(0), receive: [] },
};

function start(
  changes: Partial<HealthCheckConfig> = {},
  traffic = true,
  runtime: Readonly<Record<string, number>> = {},
) {
  const time = new ManualTime();
  const seen: string[] = [];
  let probes = 0;
  let abandoned = 0;
  let sink: ProbeSink | undefined;
  const scope = new ThreadStats({ define() {}, release() {} }).root();
  const host = {
    flags: HealthFlag.FailedActiveHc | HealthFlag.PendingActiveHc,
    onChecked: () => {
      seen.push(host.flags === 0 ? "in" : "not simply in");
    },
    log: (event: { readonly kind: string }) => {
      seen.push(event.kind);
    },
  };
  const session = new HealthCheckSession(
    {
      config: { ...CONFIG, ...changes },
      clock: time,
      timers: time,
      random: { uint32: () => 7, uuid: () => "" },
      runtime: { integer: (key, usual) => runtime[key] ?? usual },
      stats: {
        attempt: scope.counter("attempt"),
        success: scope.counter("success"),
        failure: scope.counter("failure"),
        passiveFailure: scope.counter("passive_failure"),
        networkFailure: scope.counter("network_failure"),
        healthy: scope.gauge("healthy"),
        degraded: scope.gauge("degraded"),
      },
      alone: true,
      hadTraffic: () => traffic,
    },
    host,
    (given): Probe => {
      sink = given;
      return {
        start: () => {
          probes++;
        },
        abandon: () => {
          abandoned++;
        },
        close: () => {},
      };
    },
  );
  session.start();
  return {
    time,
    host,
    session,
    take: () => seen.splice(0),
    get probes() {
      return probes;
    },
    get abandoned() {
      return abandoned;
    },
    pass: (degraded = false) => sink?.onSuccess(degraded),
    fail: (failure: "active" | "network" = "network", retriable = false) =>
      sink?.onFailure(failure, retriable, false),
  };
}

describe("an active health check of one host", () => {
  it("takes a new host in at its first success, whatever the threshold", () => {
    const check = start();
    assert.equal(check.probes, 1);
    check.pass();
    assert.equal(check.host.flags, 0);
    assert.deepEqual(check.take(), ["add_healthy", "in"]);
    assert.equal(check.time.nextDueMs, 10_000);
  });

  it("takes a host out when it did not answer so many times, and in again after so many successes", () => {
    const check = start();
    check.pass();
    check.take();
    // The edge intervals hold until the threshold is reached.
    for (const wait of [10_000, 5_000]) {
      check.time.advance(wait);
      check.fail();
      assert.deepEqual(check.take(), ["in"]);
    }
    check.time.advance(5_000);
    check.fail();
    assert.deepEqual(check.take(), ["eject_unhealthy", "not simply in"]);
    assert.equal(check.host.flags, HealthFlag.FailedActiveHc);
    check.time.advance(4_000);
    check.pass();
    assert.deepEqual(check.take(), ["not simply in"]);
    check.time.advance(7_000);
    check.pass();
    assert.deepEqual(check.take(), ["add_healthy", "in"]);
    assert.equal(check.host.flags, 0);
    assert.equal(check.time.nextDueMs, 20_000 + 4_000 + 7_000 + 10_000);
  });

  it("takes a host out at once when it answers wrongly, unless the status may be tried again", () => {
    const check = start();
    check.pass();
    check.time.advance(10_000);
    check.fail("active", true);
    assert.equal(check.host.flags, 0);
    check.time.advance(5_000);
    check.fail("active");
    assert.equal(check.host.flags, HealthFlag.FailedActiveHc);
  });

  it("counts no answer in time as none, and marks the host", () => {
    const check = start({ unhealthyThreshold: 1 });
    check.time.advance(1_000);
    assert.equal(check.abandoned, 1);
    assert.equal(check.host.flags, HealthFlag.FailedActiveHc | HealthFlag.ActiveHcTimeout);
  });

  it("checks seldom while the cluster has no traffic", () => {
    const check = start({}, false);
    check.pass();
    assert.equal(check.time.nextDueMs, 50_000);
    check.time.advance(50_000);
    check.fail("active");
    assert.equal(check.time.nextDueMs, 110_000);
  });

  it("says when a host is degraded and when it no longer is", () => {
    const check = start();
    check.pass(true);
    assert.deepEqual(check.take(), ["add_healthy", "degraded", "not simply in"]);
    assert.equal(check.host.flags, HealthFlag.DegradedActiveHc);
    check.time.advance(10_000);
    check.pass();
    assert.deepEqual(check.take(), ["no_longer_degraded", "in"]);
  });

  it("takes a host out that tells a request so, until its next success", () => {
    const check = start({ healthyThreshold: 1 });
    check.pass();
    check.session.failAtOnce();
    assert.equal(check.host.flags, HealthFlag.FailedActiveHc | HealthFlag.ExcludedViaImmediateHcFail);
    check.time.advance(10_000);
    check.pass();
    assert.equal(check.host.flags, 0);
  });

  it("starts and goes on with jitter", () => {
    const check = start({ initialJitterMs: 100, intervalJitterMs: 50, intervalJitterPercent: 10 });
    assert.equal(check.probes, 0);
    check.time.advance(7);
    assert.equal(check.probes, 1);
    check.pass();
    assert.equal(check.time.nextDueMs, 7 + 10_000 + 7 + 7);
  });

  it("waits within the runtime's bounds", () => {
    const least = start({}, true, { "health_check.min_interval": 15_000 });
    least.pass();
    assert.equal(least.time.nextDueMs, 15_000);
    const most = start({}, true, { "health_check.max_interval": 300 });
    most.pass();
    assert.equal(most.time.nextDueMs, 300);
  });

  it("logs a success only where the host's state stays", () => {
    const check = start({ alwaysLogSuccess: true });
    check.pass();
    assert.deepEqual(check.take(), ["add_healthy", "in"]);
    check.time.advance(10_000);
    check.pass(true);
    assert.deepEqual(check.take(), ["success", "degraded", "not simply in"]);
  });

  it("does nothing any more once stopped", () => {
    const check = start();
    check.session.stop();
    check.pass();
    assert.deepEqual(check.take(), []);
    assert.equal(check.time.nextDueMs, undefined);
  });
});
