import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestName } from "./nearest-name.ts";

const fields = ["connect_timeout", "load_assignment", "lb_policy", "name"];

test("proposes what was most likely meant", () => {
  assert.equal(nearestName("conect_timeout", fields), "connect_timeout");
  assert.equal(nearestName("connectTimout", fields), "connect_timeout");
  assert.equal(nearestName("lb-policy", fields), "lb_policy");
  assert.equal(nearestName("nmae", fields), "name");
});

test("proposes nothing when nothing is near", () => {
  assert.equal(nearestName("completely_else", fields), undefined);
  assert.equal(nearestName("x", []), undefined);
});
