import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DEFAULT_ASSIGNMENT_POLICY } from "../load-balancer/host-set.ts";
import { eventually } from "../server/proxy-process-fixture.ts";
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
/** Answers the request on the server's side of its connection. */
async function answer(request: TestRequest): Promise<void> {
  const { connection } = await request.ready();
  const port = Number(connection?.localAddress.split(":").at(-1));
  const socket = await eventually("its connection", () =>
    server.sockets.find((one) => one.remotePort === port),
  );
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
