import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionBalance } from "./connection-balance.ts";

function threeWorkers() {
  const buffer = ConnectionBalance.allocate(2, 3);
  return [0, 1, 2].map((own) => new ConnectionBalance(buffer, own, 3));
}

test("each connection is for the worker with the fewest of its address, and of several the first", () => {
  const [a, b, c] = threeWorkers();
  assert.ok(a && b && c);
  for (const one of [a, b, c]) one.join();
  assert.deepEqual([c.pick(0), c.pick(0), a.pick(0), b.pick(0)], [0, 1, 2, 0]);
  assert.equal(c.pick(1), 0, "addresses are counted apart");
  b.release(0);
  assert.equal(a.pick(0), 1);
});

test("a worker that does not listen gets none", () => {
  const [a, b, c] = threeWorkers();
  assert.ok(a && b && c);
  assert.equal(b.pick(0), 1, "nobody listens: it stays");
  b.join();
  c.join();
  assert.deepEqual([b.pick(0), b.pick(0)], [1, 2]);
  b.leave();
  b.release(0);
  assert.deepEqual([c.pick(0), c.pick(0)], [2, 2]);
  b.join();
  assert.equal(c.pick(0), 1);
  c.join();
  assert.equal(c.pick(0), 1, "joining again forgets nothing");
});

test("a connection that could not be handed over counts for the worker that accepted it", () => {
  const [a, b] = threeWorkers();
  assert.ok(a && b);
  a.join();
  b.join();
  b.takeBack(0, b.pick(0));
  assert.deepEqual([b.pick(0), b.pick(0)], [0, 0]);
});
