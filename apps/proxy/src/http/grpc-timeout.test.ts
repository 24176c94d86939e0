import assert from "node:assert/strict";
import { test } from "node:test";
import { formatGrpcTimeout, parseGrpcTimeout } from "./grpc-timeout.ts";

test("every unit is read, rounded up to milliseconds", () => {
  const read = ["1H", "2M", "3S", "4m", "5u", "6n", "0m"].map(parseGrpcTimeout);
  assert.deepEqual(read, [3_600_000, 120_000, 3000, 4, 1, 1, 0]);
});

test("what is no timeout is none", () => {
  for (const text of [undefined, "", "1", "m", "123456789m", "1.5S", "-1S", "1s "]) {
    assert.equal(parseGrpcTimeout(text), undefined, String(text));
  }
});

test("a timeout is written in the finest unit in which it fits", () => {
  assert.equal(formatGrpcTimeout(0), "0m");
  assert.equal(formatGrpcTimeout(1500.9), "1500m");
  assert.equal(formatGrpcTimeout(100_000_000), "100000S");
  assert.equal(formatGrpcTimeout(100_000_000_000), "1666666M");
});
