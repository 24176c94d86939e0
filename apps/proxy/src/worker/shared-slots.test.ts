import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SharedSlots } from "./shared-slots.ts";

describe("shared slots", () => {
  it("count over all workers, and forget what an ended one had", () => {
    const buffer = SharedSlots.allocate(2);
    const [a, b] = [new SharedSlots(buffer, 0, 2), new SharedSlots(buffer, 1, 2)];
    const [countA, countB] = [a.count("x"), b.count("x")];
    assert.ok(countA.tryAcquire(2));
    assert.ok(countB.tryAcquire(2));
    assert.equal(countA.tryAcquire(2), false);
    assert.equal(a.count("y").total(), 0);
    a.clearWorker(1);
    assert.equal(countB.total(), 1);
    countA.release();
    assert.equal(countB.total(), 0);
  });

  it("exchange a number only where nobody else was faster", () => {
    const buffer = SharedSlots.allocate(1);
    const [a, b] = [new SharedSlots(buffer, 0, 1), new SharedSlots(buffer, 0, 1)];
    const [one, two] = [a.number("n", 1.5), b.number("n", 9)];
    assert.equal(two.load(), 1.5);
    assert.ok(one.exchange(1.5, 2));
    assert.equal(two.exchange(1.5, 3), false);
    assert.equal(two.load(), 2);
  });
});
