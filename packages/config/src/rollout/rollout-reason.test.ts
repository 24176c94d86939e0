import assert from "node:assert/strict";
import { test } from "node:test";
import { because, reasonText } from "./rollout-reason.ts";

test("statements are joined by what they are to each other", () => {
  assert.equal(
    reasonText([
      because("published", { version: 3 }),
      because("step", { step: 1, steps: 2 }),
      because("percent_of_nodes", { percent: 10 }),
      because("error_rates", { newer: 0.25, older: 0.001 }),
      because("error_rate_rise", { rise: 0.01, deviations: 5.25 }),
    ]),
    "published version 3; step 1 of 2: 10% of the nodes; error rate 25.0% against 0.10%: a rise of more than 1.00% (5.3 standard errors)",
  );
  assert.equal(
    reasonText([
      because("not_effective_within", { seconds: 60 }),
      because("node_is", { node: "a", sync: "sent" }),
      because("node_is", { node: "b", sync: "pending" }),
      because("and_more", { count: 3 }),
    ]),
    "not effective within 60 s: a is sent, b is pending, and 3 more",
  );
  assert.equal(
    reasonText([
      because("probe_failed", { node: "a" }),
      because("probe_status", { status: 503, expected: "200" }),
    ]),
    "the synthetic request to a failed: status 503, expected 200",
  );
});
