import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRetryOn, RetryOn } from "./retry-on.ts";

test("conditions of both protocols are read where both may stand", () => {
  const { bits, unknown } = parseRetryOn(" 5xx, reset,unavailable,", "both");
  assert.equal(bits, RetryOn.FiveXx | RetryOn.Reset | RetryOn.GrpcUnavailable);
  assert.deepEqual(unknown, []);
});

test("each header knows the conditions of its own protocol only", () => {
  assert.deepEqual(parseRetryOn("5xx,unavailable", "http"), {
    bits: RetryOn.FiveXx,
    unknown: ["unavailable"],
  });
  assert.deepEqual(parseRetryOn("5xx,unavailable", "grpc"), {
    bits: RetryOn.GrpcUnavailable,
    unknown: ["5xx"],
  });
});
