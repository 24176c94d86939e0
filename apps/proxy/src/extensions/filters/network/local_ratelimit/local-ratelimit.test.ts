import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectRaw } from "@sluice/harness";
import {
  networkRefusalOf,
  startNetworkProxy,
} from "../../../../network-filter/testing/start-network-proxy.ts";

const ECHO = { type: "envoy.extensions.filters.network.echo.v3.Echo" };
const limit = (token_bucket: object) => ({
  type: "envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit",
  config: { stat_prefix: "r", token_bucket },
});

describe("a local rate limit", () => {
  it("lets in what the bucket has, and more as it fills", async () => {
    let wallMs = 1_000_000;
    const clock = { nowMs: () => performance.now(), wallMs: () => wallMs };
    const proxy = await startNetworkProxy({
      filters: [limit({ max_tokens: 2, tokens_per_fill: 1, fill_interval: "1s" }), ECHO],
      context: { clock },
    });
    const passes = async (): Promise<boolean> => {
      const client = await connectRaw(proxy.port);
      client.write("a");
      const answer = await client.reader.exactly(1).then(
        () => true,
        () => false,
      );
      client.destroy();
      return answer;
    };
    assert.deepEqual([await passes(), await passes(), await passes()], [true, true, false]);
    wallMs += 1000;
    assert.deepEqual([await passes(), await passes()], [true, false]);
    assert.equal(proxy.stat("local_rate_limit.r.rate_limited"), 2);
    await proxy.close();
  });

  it("refuses a bucket that fills too often", () => {
    assert.match(
      networkRefusalOf({ filters: [limit({ max_tokens: 1, fill_interval: "0.01s" }), ECHO] }),
      /token_bucket\.fill_interval: local rate limit token bucket fill timer must be >= 50ms/,
    );
  });
});
