import assert from "node:assert/strict";
import { test } from "node:test";
import { EdfScheduler } from "./edf-scheduler.ts";

test("the scheduler spreads a heavy entry evenly", () => {
  const scheduler = new EdfScheduler(["a", "b"], (entry) => (entry === "a" ? 2 : 1));
  const order = Array.from({ length: 6 }, () => scheduler.next()).join("");
  assert.equal(order.replaceAll("b", "").length, 4);
  assert.ok(!order.includes("aaa") && !order.includes("bb"), order);
});
