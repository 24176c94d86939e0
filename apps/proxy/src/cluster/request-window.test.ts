import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestWindow, requestWindowBytes } from "./request-window.ts";

test("the requests of all workers count for an interval, each priority's apart", () => {
  let wallMs = 1_000_000;
  const clock = { nowMs: () => wallMs, wallMs: () => wallMs };
  const page = new Int32Array(new SharedArrayBuffer(requestWindowBytes(2)));
  const of = (worker: number, high = false): RequestWindow =>
    new RequestWindow(page, worker, high, 1_000, clock);
  of(0).note();
  of(1).note();
  of(1, true).note();
  assert.equal(of(0).count(), 2);
  wallMs += 500;
  of(0).note();
  assert.equal(of(1).count(), 3);
  assert.equal(of(0, true).count(), 1);
  wallMs += 500;
  assert.equal(of(0).count(), 1);
  wallMs += 500;
  assert.equal(of(0).count(), 0);
});
