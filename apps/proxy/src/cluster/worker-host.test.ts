import assert from "node:assert/strict";
import { test } from "node:test";
import { testContext } from "../load-balancer/testing/test-host.ts";
import { createTestPolicy, policyJson } from "../load-balancer/testing/test-policy.ts";
import type { HostSpec } from "./cluster-config.ts";
import { HealthFlag, healthOfFlags } from "./health/health-flag.ts";
import { testHostSpec } from "./testing/test-host-spec.ts";
import { WorkerHost } from "./worker-host.ts";

const WINDOW_MS = 60_000;
const reports = { onOutlierSign() {}, onHealthCheckFail() {} };

const spec = (name: string, flags = 0): HostSpec =>
  testHostSpec(name, { host: name, port: 1 }, { flags, health: healthOfFlags(flags) });

/** Two hosts whose slow start is over, and how the second fares while its flags change. */
function started() {
  const policy = createTestPolicy({
    loadBalancingPolicy: policyJson("round_robin", { slowStartConfig: { slowStartWindow: "60s" } }),
  });
  const hosts = ["a", "b"].map((name) => new WorkerHost(spec(name), 0, undefined, reports));
  const [, b] = hosts;
  policy.update(hosts);
  policy.advance(WINDOW_MS + 1);
  return {
    policy,
    set(flags: number) {
      b?.update(spec("b", flags));
      policy.update(hosts);
    },
    share: () => (policy.tally(1_100, testContext()).get("b") ?? 0) / 1_100,
  };
}

test("a host that passes its health check again starts slowly again", () => {
  const { policy, set, share } = started();
  assert.ok(Math.abs(share() - 0.5) < 0.01);
  set(HealthFlag.FailedActiveHc);
  assert.equal(share(), 0);
  set(0);
  assert.ok(Math.abs(share() - 0.1 / 1.1) < 0.01);
  policy.advance(WINDOW_MS / 2);
  assert.ok(Math.abs(share() - 0.5 / 1.5) < 0.01);
  policy.advance(WINDOW_MS / 2);
  assert.ok(Math.abs(share() - 0.5) < 0.01);
});

test("a host that comes back for any other reason gets its whole weight at once", () => {
  for (const flag of [
    HealthFlag.FailedEdsHealth,
    HealthFlag.FailedOutlierCheck,
    HealthFlag.DegradedActiveHc,
  ]) {
    const { set, share } = started();
    set(flag);
    assert.ok(share() < 0.4, `flag ${flag}`);
    set(0);
    assert.ok(Math.abs(share() - 0.5) < 0.01, `flag ${flag}`);
  }
});
