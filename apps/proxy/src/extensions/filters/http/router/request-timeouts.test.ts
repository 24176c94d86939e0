import assert from "node:assert/strict";
import { test } from "node:test";
import { Headers } from "../../../../http/header-map.ts";
import type { ForwardAction } from "../../../../route/route-entry.ts";
import { NO_TIMEOUTS, readTimeouts, setTimeoutHeaders, withLateWishes } from "./request-timeouts.ts";

/** The part of an action that is read. */
function forward(part: Partial<ForwardAction> = {}): ForwardAction {
  const base = {
    timeoutMs: 15_000,
    streamDurationSet: false,
    maxGrpcTimeoutMs: undefined,
    grpcTimeoutOffsetMs: 0,
    hedgeOnPerTryTimeout: false,
  };
  return { ...base, retry: undefined, ...part } as ForwardAction;
}

function headers(fields: Readonly<Record<string, string>>): Headers {
  return new Headers(Object.entries(fields).flat());
}

const UPSTREAM = "x-envoy-upstream-rq-timeout-ms";
const EXPECTED = "x-envoy-expected-rq-timeout-ms";

test("a header overrules the route, is taken off, and says nothing when it is no number", () => {
  const given = headers({ [UPSTREAM]: "150", "x-envoy-upstream-rq-per-try-timeout-ms": "50" });
  assert.deepEqual(readTimeouts(given, forward(), false, false, false), {
    globalMs: 150,
    perTryMs: 50,
    perTryIdleMs: 0,
    maxDurationMs: 0,
    hedges: false,
    timeoutStatus: 504,
  });
  assert.equal(given.size, 0);
  assert.equal(
    readTimeouts(headers({ [UPSTREAM]: "soon" }), forward(), false, false, false).globalMs,
    15_000,
  );
});

test("a try's timeout that is no shorter than the whole's does not count", () => {
  const given = headers({ [UPSTREAM]: "100", "x-envoy-upstream-rq-per-try-timeout-ms": "100" });
  assert.equal(readTimeouts(given, forward(), false, false, false).perTryMs, 0);
});

test("what the upstream is not told of is read behind the route's edits", () => {
  const given = headers({
    "x-envoy-upstream-stream-duration-ms": "70",
    "x-envoy-hedge-on-per-try-timeout": "true",
    "x-envoy-upstream-rq-timeout-alt-response": "1",
  });
  const early = readTimeouts(given, forward(), false, false, true);
  assert.deepEqual([early.maxDurationMs, early.hedges, early.timeoutStatus, given.size], [0, true, 504, 2]);
  const late = withLateWishes(early, given);
  assert.deepEqual([late.maxDurationMs, late.hedges, late.timeoutStatus, given.size], [70, true, 204, 0]);
});

test("a request that asks nothing hedges by the route, and late wishes of the early kinds go unheard", () => {
  const given = headers({
    "x-envoy-hedge-on-per-try-timeout": "false",
    "x-envoy-upstream-rq-per-try-timeout-ms": "7",
  });
  const early = readTimeouts(headers({}), forward({ hedgeOnPerTryTimeout: true }), false, false, false);
  assert.equal(withLateWishes(early, given), early);
  assert.deepEqual([early.hedges, early.perTryMs, given.size], [true, 0, 0]);
});

test("an expected timeout is respected only where configured, and stays", () => {
  const given = (): Headers => headers({ [EXPECTED]: "7", [UPSTREAM]: "160" });
  assert.equal(readTimeouts(given(), forward(), false, false, false).globalMs, 160);
  const respected = given();
  assert.equal(readTimeouts(respected, forward(), false, true, false).globalMs, 7);
  assert.equal(respected.get(EXPECTED), "7");
});

test("with max_stream_duration the route's timeout does not hold", () => {
  assert.equal(
    readTimeouts(headers({}), forward({ streamDurationSet: true }), false, false, false).globalMs,
    0,
  );
});

test("max_grpc_timeout caps grpc-timeout; no header means the cap", () => {
  const action = forward({ maxGrpcTimeoutMs: 2000, grpcTimeoutOffsetMs: 100 });
  assert.equal(readTimeouts(headers({ "grpc-timeout": "1S" }), action, true, false, false).globalMs, 900);
  assert.equal(readTimeouts(headers({ "grpc-timeout": "1M" }), action, true, false, false).globalMs, 2000);
  assert.equal(readTimeouts(headers({}), action, true, false, false).globalMs, 2000);
  assert.equal(readTimeouts(headers({}), action, false, false, false).globalMs, 15_000);
});

test("the upstream is told what time it has left, never nothing", () => {
  const told = (elapsedMs: number, hedges = false): string | undefined => {
    const out = new Headers();
    const timeouts = { ...NO_TIMEOUTS, globalMs: 1000, perTryMs: 400, hedges };
    setTimeoutHeaders(out, timeouts, forward(), { elapsedMs, insert: true, isGrpc: false });
    return out.get(EXPECTED);
  };
  assert.equal(told(0), "400");
  assert.equal(told(700), "300");
  assert.equal(told(2000), "1");
  assert.equal(told(0, true), "1000");
});
