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

  it("keep a name as long as some lease of some worker has it, and take any number of names one after another", () => {
    const buffer = SharedSlots.allocate(2);
    const [a, b] = [new SharedSlots(buffer, 0, 2), new SharedSlots(buffer, 1, 2)];
    const [first, second] = [a.lease(), b.lease()];
    assert.ok(first.number("n", 1).exchange(1, 7));
    const kept = second.number("n", 1);
    first.release();
    assert.equal(kept.load(), 7);
    assert.equal(a.lease().number("n", 1).load(), 7);
    const alone = a.lease();
    const old = alone.number("gone", 1);
    assert.ok(old.exchange(1, 5));
    alone.release();
    const next = a.lease().number("gone", 1);
    assert.equal(next.load(), 1, "starts anew");
    assert.ok(old.exchange(5, 6), "who still has the old one goes on with it alone");
    assert.equal(next.load(), 1);
    for (let index = 0; index < 40_000; index++) {
      const lease = a.lease();
      lease.number(`limit ${index}`, 1);
      lease.count(`connections ${index}`);
      lease.release();
    }
  });

  it("give back what a lease had acquired, and nothing twice", () => {
    const shared = new SharedSlots(SharedSlots.allocate(1), 0, 1);
    const [old, next] = [shared.lease(), shared.lease()];
    const before = old.count("connections");
    const after = next.count("connections");
    assert.ok(before.tryAcquire(3) && before.tryAcquire(3) && after.tryAcquire(3));
    assert.equal(after.tryAcquire(3), false);
    old.release();
    assert.equal(after.total(), 1);
    before.release();
    assert.equal(after.total(), 1);
  });

  it("free what only an ended worker had", () => {
    const buffer = SharedSlots.allocate(2);
    const [a, b] = [new SharedSlots(buffer, 0, 2), new SharedSlots(buffer, 1, 2)];
    assert.ok(b.number("n", 1).exchange(1, 9));
    a.clearWorker(1);
    assert.equal(a.number("n", 1).load(), 1);
  });
});
