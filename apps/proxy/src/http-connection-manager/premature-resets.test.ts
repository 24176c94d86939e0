import assert from "node:assert/strict";
import { test } from "node:test";
import { ResponseFlag } from "@sluice/extension-api";
import { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import { PrematureResets } from "./premature-resets.ts";

const runtime = {
  integer: (key: string, fallback: number) => (key.endsWith("stream_count") ? 10 : fallback),
  boolean: (_key: string, fallback: boolean) => fallback,
  double: (_key: string, fallback: number) => fallback,
  featureEnabled: () => false,
};

function ended(flag: ResponseFlag | 0, status: number, durationMs: number): RequestStreamInfo {
  const info = new RequestStreamInfo(0, 0);
  info.responseFlags = flag;
  info.responseCode = status;
  info.durationMs = durationMs;
  return info;
}

test("half of the streams reset at once are too many, answered, old or otherwise ended ones do not count", () => {
  const resets = new PrematureResets(runtime);
  for (let i = 0; i < 3; i++) {
    assert.equal(resets.exceededBy(ended(0, 200, 5)), false);
    assert.equal(resets.exceededBy(ended(ResponseFlag.DownstreamConnectionTermination, 0, 5)), false);
    assert.equal(resets.exceededBy(ended(ResponseFlag.DownstreamRemoteReset, 0, 5000)), false);
  }
  const early = new PrematureResets(runtime);
  for (let i = 0; i < 4; i++) {
    assert.equal(early.exceededBy(ended(ResponseFlag.DownstreamRemoteReset, 0, 5)), false);
  }
  assert.equal(early.exceededBy(ended(ResponseFlag.DownstreamRemoteReset, 0, 5)), true);
});
