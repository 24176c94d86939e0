import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectRaw } from "@sluice/harness";
import {
  networkRefusalOf,
  startNetworkProxy,
} from "../../../../network-filter/testing/start-network-proxy.ts";

const set = (value: object) => ({
  type: "envoy.extensions.filters.network.set_filter_state.v3.Config",
  config: { on_new_connection: [value] },
});
const format = (text: string) => ({ text_format_source: { inline_string: text } });
const TCP_PROXY = {
  type: "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
  config: { stat_prefix: "t", cluster: "elsewhere" },
};

describe("set_filter_state", () => {
  it("names the cluster of the TCP proxy behind it", async () => {
    const proxy = await startNetworkProxy({
      filters: [set({ object_key: "envoy.tcp_proxy.cluster", format_string: format("up") }), TCP_PROXY],
      upstream: (socket) => socket.end("hello"),
    });
    const client = await connectRaw(proxy.port);
    assert.equal((await client.closed()).toString(), "hello");
    client.destroy();
    await proxy.close();
  });

  it("refuses kinds of objects that nothing here reads", () => {
    assert.match(
      networkRefusalOf({ filters: [set({ object_key: "x", format_string: format("y") }), TCP_PROXY] }),
      /on_new_connection\[0\]\.object_key: 'x' is not implemented/,
    );
  });
});
