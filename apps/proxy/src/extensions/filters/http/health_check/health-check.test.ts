import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemTimers } from "../../../../event/system-time.ts";
import { ManualTime } from "../../../../event/testing/manual-time.ts";
import { filterProxies, refusalOf } from "../../../../http-filter/testing/start-filter-proxy.ts";

const TYPE = "type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck";
const filter = (fields: object): object => ({ name: "hc", typed_config: { "@type": TYPE, ...fields } });

describe("envoy.filters.http.health_check", () => {
  const startProxy = filterProxies();

  it("asks the upstream again when its answer has grown old", async () => {
    const time = new ManualTime();
    const proxy = await startProxy({
      filters: [filter({ pass_through_mode: true, cache_time: "10s" })],
      context: { clock: time, timers: systemTimers },
    });
    for (const wait of [0, 5_000, 6_000, 1_000]) {
      time.advance(wait);
      assert.equal((await proxy.send({})).status, 200);
    }
    assert.equal(proxy.seen.length, 2);
  });

  it("refuses fields that exclude each other", async () => {
    assert.match(
      await refusalOf({ filters: [filter({ pass_through_mode: false, cache_time: "1s" })] }),
      /cache_time: cache_time must not be set/,
    );
    assert.match(
      await refusalOf({ filters: [filter({ pass_through_mode: true, cache_time: "-1s" })] }),
      /cache_time: Expected positive duration/,
    );
    assert.match(
      await refusalOf({
        filters: [filter({ pass_through_mode: true, cluster_min_healthy_percentages: { up: { value: 1 } } })],
      }),
      /cluster_min_healthy_percentages must not be set/,
    );
  });
});
