import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectRaw, waitFor } from "@sluice/harness";
import {
  networkRefusalOf,
  startNetworkProxy,
} from "../../../../network-filter/testing/start-network-proxy.ts";

const ECHO = { type: "envoy.extensions.filters.network.echo.v3.Echo" };
const limit = (config: object) => ({
  type: "envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit",
  config: { stat_prefix: "l", max_connections: 1, ...config },
});

describe("a connection limit", () => {
  for (const delay of ["0s", "0.05s"]) {
    it(`closes what comes beyond it after ${delay}, and lets the next in when one has gone`, async () => {
      const proxy = await startNetworkProxy({ filters: [limit({ delay }), ECHO] });
      const first = await connectRaw(proxy.port);
      first.write("a");
      assert.equal((await first.reader.exactly(1)).toString(), "a");
      const second = await connectRaw(proxy.port);
      assert.equal((await second.closed()).length, 0);
      assert.equal(proxy.stat("connection_limit.l.limited_connections"), 1);
      first.destroy();
      await waitFor("the first to be gone", () => proxy.stat("connection_limit.l.active_connections") === 0);
      const third = await connectRaw(proxy.port);
      third.write("b");
      assert.equal((await third.reader.exactly(1)).toString(), "b");
      third.destroy();
      await proxy.close();
    });
  }

  it("is refused without its number", () => {
    const refusal = (max_connections?: number) =>
      networkRefusalOf({ filters: [limit({ max_connections }), ECHO] });
    assert.match(refusal(), /^filter_chains\[0\]\.filters\[0\].*max_connections' is missing$/);
    assert.equal(refusal(1), "");
  });
});
