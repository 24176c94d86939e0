import assert from "node:assert/strict";
import { test } from "node:test";
import { requestChain, timingSteps } from "./request-chain.ts";
import { requestOf } from "./request-fixture.ts";

test("the chain leads from the client to the endpoint, each with its configuration", () => {
  const { steps, stopped } = requestChain(requestOf({ cluster: "team/web" }));
  assert.deepEqual(
    steps.map((step) => step.kind),
    ["downstream", "listener", "host", "route", "cluster", "endpoint"],
  );
  assert.equal(steps[4]?.href, "/clusters/team%2Fweb");
  assert.equal(stopped, false);
});

test("a request that matched nothing ends where it ended", () => {
  const { steps, stopped } = requestChain(
    requestOf({ virtualHost: "", route: "", cluster: "", upstreamAddress: "", flags: ["NR"] }),
  );
  assert.deepEqual(
    steps.map((step) => step.kind),
    ["downstream", "listener"],
  );
  assert.equal(stopped, true);
});

test("times stand in the order in which they happened", () => {
  const steps = timingSteps(
    requestOf({ durationMs: 10, timings: { "response last byte sent": 10, "request received": 1 } }),
  );
  assert.deepEqual(steps, [
    { name: "request received", ms: 1, share: 0.1 },
    { name: "response last byte sent", ms: 10, share: 1 },
  ]);
});
