import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { afterEach, describe, it } from "node:test";
import { connectRaw, waitFor } from "@sluice/harness";
import {
  type NetworkProxy,
  type NetworkProxyOptions,
  networkRefusalOf,
  startNetworkProxy,
} from "../../../../network-filter/testing/start-network-proxy.ts";
import { retryDelayMs } from "./upstream-connector.ts";

const TYPE = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
const filters = (config: object = {}) => [
  { type: TYPE, config: { stat_prefix: "t", cluster: "up", ...config } },
];

describe("a TCP proxy", () => {
  let proxy: NetworkProxy | undefined;
  afterEach(() => proxy?.close());
  const start = async (options: NetworkProxyOptions): Promise<NetworkProxy> => {
    proxy = await startNetworkProxy(options);
    return proxy;
  };

  it("passes more than fits in its buffers whole, while neither side reads ahead of the other", async () => {
    const size = 8 * 1024 * 1024;
    let received = 0;
    const waiting: Socket[] = [];
    const { port, stat } = await start({
      filters: filters(),
      bufferLimitBytes: 64 * 1024,
      upstream: (socket) => {
        socket.pause();
        waiting.push(socket);
        socket.on("data", (chunk) => {
          received += chunk.length;
        });
        socket.on("end", () => socket.end(String(received)));
      },
    });
    const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let answer = "";
    client.on("data", (chunk: Buffer) => {
      answer += chunk.toString();
    });
    client.end(Buffer.alloc(size));
    await waitFor(
      "reading to be paused",
      () => stat("tcp.t.downstream_flow_control_paused_reading_total") > 0,
    );
    assert.equal(received, 0);
    for (const socket of waiting) socket.resume();
    await waitFor("the answer", () => answer === String(size));
    assert.equal(
      stat("tcp.t.downstream_flow_control_paused_reading_total"),
      stat("tcp.t.downstream_flow_control_resumed_reading_total"),
    );
    client.destroy();
  });

  it("keeps what the client has sent until some host is there to take it", async () => {
    const { port } = await start({
      filters: filters({ max_connect_attempts: 3 }),
      failingConnects: 2,
      upstream: (socket) => void socket.pipe(socket),
    });
    const client = await connectRaw(port);
    client.write("first");
    client.end();
    assert.equal((await client.closed()).toString(), "first");
  });

  it("stops reading the upstream while the client does not take what is queued", async () => {
    let written = 0;
    const { port } = await start({
      filters: filters(),
      bufferLimitBytes: 64 * 1024,
      upstream: (socket) => {
        const chunk = Buffer.alloc(64 * 1024);
        const fill = (): void => {
          while (written < 64 * 1024 * 1024) {
            written += chunk.length;
            if (!socket.write(chunk)) break;
          }
        };
        socket.on("drain", fill);
        fill();
      },
    });
    const client = connect({ port, host: "127.0.0.1" });
    client.pause();
    let before = -1;
    await waitFor(
      "the upstream to be held back",
      () => {
        const still = before === written && written > 0;
        before = written;
        return still;
      },
      { intervalMs: 200 },
    );
    assert.ok(written < 64 * 1024 * 1024);
    client.destroy();
  });

  it("sends the client's last bytes on when the client is gone", async () => {
    let received = "";
    const { port, stat } = await start({
      filters: filters(),
      upstream: (socket) => socket.on("data", (chunk: Buffer) => (received += chunk.toString())),
    });
    const client = await connectRaw(port);
    client.write("last words");
    client.end();
    client.destroy();
    await waitFor("the bytes", () => received === "last words");
    await waitFor("the end", () => stat("tcp.t.upstream_flush_active") === 0);
  });

  it("waits longer and longer between attempts, up to a ceiling and by chance", () => {
    const backoff = { baseMs: 10, maxMs: 40 };
    assert.equal(retryDelayMs(backoff, 1, 19), 9);
    assert.equal(retryDelayMs(backoff, 2, 39), 19);
    assert.equal(retryDelayMs(backoff, 3, 39), 39);
    assert.equal(retryDelayMs(backoff, 9, 79), 39);
  });

  it("refuses what it has not, by name", () => {
    const refused = networkRefusalOf({
      filters: filters({ on_demand: { resources_locator: "xdstp://a" } }),
    });
    assert.match(refused, /on_demand\.resources_locator: resources_locator is not implemented/);
  });
});

describe("a TCP proxy's configuration", () => {
  it("is refused where it contradicts itself, in Envoy's words", () => {
    assert.match(
      networkRefusalOf({ filters: filters({ tunneling_config: { hostname: "x", post_path: "/" } }) }),
      /tunneling_config\.post_path: Can't set a post path when POST method isn't used/,
    );
    assert.match(
      networkRefusalOf({ filters: filters({ upstream_connect_mode: "ON_DOWNSTREAM_DATA" }) }),
      /max_early_data_bytes must be set when upstream_connect_mode is not IMMEDIATE/,
    );
    assert.match(
      networkRefusalOf({
        filters: filters({
          tunneling_config: {
            hostname: "%NOPE%",
            headers_to_add: [{ header: { key: ":path", value: "/" } }],
          },
        }),
      }),
      /hostname: .*%NOPE%[\s\S]*headers_to_add\[0\]: :-prefixed or host headers may not be modified/,
    );
  });
});

describe("a chain of network filters", () => {
  const echo = { name: "e", type: "envoy.extensions.filters.network.echo.v3.Echo" };

  it("ends with its terminal filter and has no other", () => {
    assert.match(
      networkRefusalOf({ filters: [echo, echo] }),
      /filters\[0\]: Error: terminal filter named e of type envoy\.filters\.network\.echo must be the last filter in a network filter chain\./,
    );
  });

  it("without filters closes its connections", async () => {
    const proxy = await startNetworkProxy({ filters: [] });
    const client = await connectRaw(proxy.port);
    assert.equal((await client.closed()).length, 0);
    await proxy.close();
  });

  it("answers by itself with echo and direct_response", async () => {
    for (const [filter, sent, expected] of [
      [echo, "abc", "abc"],
      [
        {
          type: "envoy.extensions.filters.network.direct_response.v3.Config",
          config: { response: { inline_string: "hello" } },
        },
        "",
        "hello",
      ],
    ] as const) {
      const proxy = await startNetworkProxy({ filters: [filter] });
      const client = await connectRaw(proxy.port);
      client.write(sent);
      assert.equal((await client.reader.exactly(expected.length)).toString(), expected);
      client.destroy();
      await proxy.close();
    }
  });
});
