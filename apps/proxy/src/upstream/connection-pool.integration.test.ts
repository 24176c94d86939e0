import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, test } from "node:test";
import { freePort } from "@sluice/harness";
import { DEFAULT_ASSIGNMENT_POLICY } from "../load-balancer/host-set.ts";
import { eventually } from "../server/proxy-process-fixture.ts";
import { drainHostConnections } from "./host-pools.ts";
import { RawServer, startCluster, type TestRequest } from "./pool-fixture.ts";

const server = new RawServer();
before(() => server.listen());
after(() => server.close());

const limited = (maxConnections: number) => {
  const threshold = { max_connections: maxConnections };
  return startCluster(server.port, {
    circuit_breakers: { thresholds: [threshold, { ...threshold, priority: "HIGH" }] },
  });
};
function socketOf({ connection }: TestRequest): Socket | undefined {
  const port = Number(connection?.localAddress.split(":").at(-1));
  return server.sockets.find((one) => one.remotePort === port && !one.destroyed);
}
/** Answers the request on the server's side of its connection. */
async function answer(request: TestRequest): Promise<void> {
  await request.ready();
  const socket = await eventually("its connection", () => socketOf(request));
  socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  await request.answered();
  assert.equal(request.body, "ok");
}

test("a connection gives back what it took, by priority, and nothing where it took nothing", async () => {
  const { counted, send } = limited(1);
  const high = await send(true).ready();
  assert.deepEqual(counted(), [0, 1]);
  high.encoder?.reset();
  assert.deepEqual(counted(), [0, 0]);

  const none = limited(0);
  const forced = await none.send().ready();
  assert.deepEqual(none.counted(), [0, 0]);
  forced.encoder?.reset();
  assert.deepEqual(none.counted(), [0, 0]);
});

test("a connection whose exchange is through carries the next one", async () => {
  const { send, host } = limited(10);
  const first = send();
  await answer(first);
  const second = send();
  assert.equal(second.connection?.id, first.connection?.id);
  assert.equal(host.activeRequests, 1);
  await answer(second);
  assert.equal(host.activeRequests, 0);
});

for (const [how, leave] of [
  ["its host has left", ({ manager }) => manager.setHosts("web", [], DEFAULT_ASSIGNMENT_POLICY)],
  ["its cluster has gone", ({ manager }) => manager.remove("web")],
  ["its cluster has changed", ({ manager, config, breakers, specs }) => manager.set(config, breakers, specs)],
] as [string, (cluster: ReturnType<typeof startCluster>) => void][]) {
  test(`an idle connection closes at once when ${how}, a busy one after its exchange`, async () => {
    const before = server.open;
    const cluster = limited(10);
    const [idle, busy] = await Promise.all([cluster.send().ready(), cluster.send().ready()]);
    await answer(idle);
    assert.deepEqual(cluster.counted(), [2, 0]);
    leave(cluster);
    assert.deepEqual(cluster.counted(), [1, 0]);
    await answer(busy);
    assert.deepEqual(cluster.counted(), [0, 0]);
    await eventually("the server to see it", () => (server.open <= before ? true : undefined));
  });
}

test("requests beyond the limit on connections wait, and take the connection in their order", async () => {
  const { send, counted } = limited(1);
  const requests = [send(), send(), send()];
  for (const request of requests) await answer(request);
  assert.equal(new Set(requests.map(({ connection }) => connection?.id)).size, 1);
  assert.deepEqual(counted(), [1, 0]);
});

test("a request that gave up waiting takes no connection", async () => {
  const { send, cancel } = limited(1);
  const [first, second, third] = [send(), send(), send()];
  await first.ready();
  cancel(second);
  await answer(first);
  await answer(third);
  assert.equal(second.encoder, undefined);
});

test("limits on waiting and on active requests refuse with overflow", async () => {
  const { send } = startCluster(server.port, {
    circuit_breakers: { thresholds: [{ max_pending_requests: 1, max_requests: 1 }] },
  });
  const [first, second] = [send(), send()];
  assert.equal(second.failure, "overflow");
  await first.ready();
  const third = send();
  await third.ready();
  assert.equal(third.failure, "overflow");
  await answer(first);
});

test("a connection carries no more than max_requests_per_connection, and lives no longer than it may", async () => {
  const { send, counted } = startCluster(server.port, {
    common_http_protocol_options: { max_requests_per_connection: 2 },
  });
  const [first, second, third] = [await send().ready(), await send().ready(), await send().ready()];
  for (const request of [first, second, third]) await answer(request);
  const ids = new Set<number | undefined>();
  for (let i = 0; i < 3; i++) {
    const request = send();
    await answer(request);
    ids.add(request.connection?.id);
  }
  assert.equal(ids.size, 3);
  assert.deepEqual(counted(), [0, 0]);

  const brief = startCluster(server.port, {
    common_http_protocol_options: { max_connection_duration: "0.05s" },
  });
  await answer(brief.send());
  await eventually("the connection's end", () => (brief.counted()[0] === 0 ? true : undefined));
});

test("an idle connection closes after idle_timeout", async () => {
  const { send, counted } = startCluster(server.port, {
    common_http_protocol_options: { idle_timeout: "0.05s" },
  });
  await answer(send());
  assert.deepEqual(counted(), [1, 0]);
  await eventually("the connection's end", () => (counted()[0] === 0 ? true : undefined));
});

test("who waits for a connection that fails is told, whoever comes later is not", async () => {
  const dead = await freePort();
  const { send, counted } = startCluster(dead, {});
  const [first, second] = [send(), send()];
  await Promise.all([first.ready(), second.ready()]);
  assert.deepEqual(
    [first.failure, second.failure],
    ["remote connection failure", "remote connection failure"],
  );
  assert.deepEqual(counted(), [0, 0]);
  assert.equal(send().failure, undefined);
});

test("a connection that does not stand in time fails with a timeout", async () => {
  // RFC 5737: nobody answers there.
  const { send } = startCluster(server.port, { connect_timeout: "0.05s" }, "192.0.2.1");
  const request = await send().ready();
  assert.ok(["connection timeout", "remote connection failure"].includes(request.failure ?? ""));
});

test("per_upstream_preconnect_ratio keeps connections ready ahead of requests", async () => {
  const { send, counted } = startCluster(server.port, {
    preconnect_policy: { per_upstream_preconnect_ratio: 2 },
  });
  const first = await send().ready();
  await eventually("the second connection", () => (counted()[0] === 2 ? true : undefined));
  const second = send();
  await second.ready();
  assert.notEqual(second.connection?.id, first.connection?.id);
  await answer(first);
  await answer(second);
});

test("per_host_thresholds limit a host's connections", async () => {
  const { send, counted } = startCluster(server.port, {
    circuit_breakers: { per_host_thresholds: [{ max_connections: 1 }] },
  });
  const requests = [send(), send()];
  for (const request of requests) await answer(request);
  assert.deepEqual(counted(), [1, 0]);
  assert.equal(requests[1]?.connection?.id, requests[0]?.connection?.id);
});

test("connections are not shared between clients where they have pools of their own", async () => {
  const { sendFor, counted } = startCluster(server.port, {
    connection_pool_per_downstream_connection: true,
    circuit_breakers: { thresholds: [{ max_connection_pools: 2 }] },
  });
  const [one, other] = [{ id: 1 }, { id: 2 }];
  const first = sendFor(one);
  await answer(first);
  const second = sendFor(other);
  await answer(second);
  assert.notEqual(first.connection?.id, second.connection?.id);
  const again = sendFor(one);
  await answer(again);
  assert.equal(again.connection?.id, first.connection?.id);
  assert.equal(sendFor({ id: 3 }).failure, "overflow");
  assert.deepEqual(counted(), [2, 0]);
  // A pool without connections is none: there is room for another.
  const socket = await eventually("its connection", () => socketOf(first));
  socket.destroy();
  await eventually("its end", () => (counted()[0] === 1 ? true : undefined));
  await answer(sendFor({ id: 3 }));
});

test("connections end with their streams when a host's health fails, and later requests get new ones", async () => {
  const { send, host, counted } = limited(10);
  const [idle, busy] = [await send().ready(), await send().ready()];
  await answer(idle);
  drainHostConnections(host);
  assert.deepEqual(counted(), [1, 0]);
  const later = send();
  await answer(later);
  assert.notEqual(later.connection?.id, busy.connection?.id);
  await answer(busy);
  assert.deepEqual(counted(), [1, 0]);
});

test("a connection leaves from the configured address, and reaches an endpoint by any of its addresses", async () => {
  const { send } = startCluster(server.port, {
    upstream_bind_config: { source_address: { address: "127.0.0.9", port_value: 0 } },
  });
  const bound = await send().ready();
  assert.match(bound.connection?.localAddress ?? "", /^127\.0\.0\.9:/);
  await answer(bound);

  const listening = await freePort();
  const second = new RawServer();
  await second.listen(listening, "127.0.0.3");
  const address = (ip: string) => ({ socket_address: { address: ip, port_value: listening } });
  const several = startCluster(listening, {
    load_assignment: {
      cluster_name: "web",
      endpoints: [
        {
          lb_endpoints: [
            {
              endpoint: {
                address: address("127.0.0.2"),
                additional_addresses: [{ address: address("127.0.0.3") }],
              },
            },
          ],
        },
      ],
    },
  });
  const request = await several.send().ready();
  assert.equal(request.failure, undefined);
  assert.equal(second.sockets.length, 1);
  await second.close();
});
