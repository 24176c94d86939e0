import assert from "node:assert/strict";
import { test } from "node:test";
import { Headers } from "../http/header-map.ts";
import type { ForwardAction } from "./route-entry.ts";
import { routeStreamDurationMs } from "./stream-duration.ts";

/** The part of an action that the function reads. */
function forward(part: Partial<ForwardAction>): ForwardAction {
  const none = {
    maxStreamDurationMs: undefined,
    grpcTimeoutHeaderMaxMs: undefined,
    grpcTimeoutHeaderOffsetMs: undefined,
  };
  return { streamDurationSet: true, ...none, ...part } as ForwardAction;
}

function grpc(timeout?: string): Headers {
  const fields = [":path", "/s/m", "content-type", "application/grpc"];
  return new Headers(timeout === undefined ? fields : [...fields, "grpc-timeout", timeout]);
}

test("without max_stream_duration the route says nothing", () => {
  assert.equal(routeStreamDurationMs(forward({ streamDurationSet: false }), grpc("1S"), 7), undefined);
});

test("the route's own duration comes before the connection manager's", () => {
  assert.equal(routeStreamDurationMs(forward({ maxStreamDurationMs: 500 }), new Headers(), 7), 500);
  assert.equal(routeStreamDurationMs(forward({ maxStreamDurationMs: 0 }), new Headers(), 7), 0);
  assert.equal(routeStreamDurationMs(forward({}), new Headers(), 7), 7);
});

test("grpc-timeout decides up to the maximum, less the offset, and is passed on so", () => {
  const limited = grpc("10S");
  const action = forward({ grpcTimeoutHeaderMaxMs: 2000, grpcTimeoutHeaderOffsetMs: 500 });
  assert.equal(routeStreamDurationMs(action, limited, 0), 1500);
  assert.equal(limited.get("grpc-timeout"), "1500m");
  assert.equal(routeStreamDurationMs(forward({ grpcTimeoutHeaderMaxMs: 0 }), grpc("10S"), 0), 10_000);
  assert.equal(routeStreamDurationMs(action, grpc("100m"), 0), 1);
});

test("without a grpc-timeout the maximum has no say", () => {
  const headers = grpc();
  assert.equal(
    routeStreamDurationMs(forward({ grpcTimeoutHeaderMaxMs: 9, maxStreamDurationMs: 300 }), headers, 0),
    300,
  );
  assert.equal(headers.get("grpc-timeout"), "300m");
});
