import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { fromJson } from "@bufbuild/protobuf";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { circuitBreakerPage } from "../cluster/circuit-breaker.ts";
import { compileCluster } from "../cluster/compile-cluster.ts";
import { hostStatsPage } from "../cluster/host-stats.ts";
import type { Host } from "../cluster/thread-local-cluster.ts";
import { WorkerClusterManager } from "../cluster/worker-cluster-manager.ts";
import { eventually, portOf } from "../server/proxy-process-fixture.ts";
import { discardingStats } from "../stats/thread-stats.ts";
import { systemClock, systemRandom, systemTimers } from "../worker/system-time.ts";
import type { Http1Connection } from "./http1-connection.ts";
import { drainPoolOf, poolOf } from "./http1-pool.ts";

let server: Server;
let port = 0;
const accepted = new Set<Socket>();

before(async () => {
  server = createServer((socket) => {
    accepted.add(socket);
    socket.on("close", () => accepted.delete(socket));
    socket.on("error", () => {});
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = portOf(server.address());
});

after(async () => {
  for (const socket of accepted) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

function startCluster(maxConnections: number) {
  const address = { socket_address: { address: "127.0.0.1", port_value: port } };
  const threshold = { max_connections: maxConnections };
  const compiled = compileCluster(
    fromJson(ClusterSchema, {
      name: "web",
      connect_timeout: "1s",
      circuit_breakers: { thresholds: [threshold, { ...threshold, priority: "HIGH" }] },
      load_assignment: { cluster_name: "web", endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    }),
  );
  assert.ok(compiled.ok, JSON.stringify(compiled));
  const { config, endpoints } = compiled.value;
  const breakers = circuitBreakerPage(1);
  const manager = new WorkerClusterManager(discardingStats(), systemRandom, 0, (hosts) =>
    hosts.forEach(drainPoolOf),
  );
  const specs = endpoints.map((one) => ({ ...one, key: one.address, page: hostStatsPage(1) }));
  manager.set(config, breakers, specs);
  const host = manager.get("web")?.chooseHost({
    requestHeaders: undefined,
    computeHash: () => undefined,
    shouldSelectAnotherHost: () => false,
    hostSelectionAttempts: 1,
  });
  assert.ok(host);
  /** Connections counted: of the default priority, of the high one. */
  const counted = (): number[] => {
    const slots = new Int32Array(breakers);
    return [slots[0] ?? 0, slots[4] ?? 0];
  };
  const connect = (highPriority: boolean, onto: Host = host): Promise<Http1Connection> => {
    const info = manager.get("web")?.info;
    assert.ok(info);
    return new Promise((resolve, reject) =>
      poolOf(info, onto, systemClock, systemTimers).request({
        highPriority,
        onReady: resolve,
        onFailure: (reason) => reject(new Error(reason)),
      }),
    );
  };
  return { manager, config, breakers, specs, counted, connect };
}

test("a connection gives back what it took, by priority, and nothing where it took nothing", async () => {
  const { counted, connect } = startCluster(1);
  const high = await connect(true);
  assert.deepEqual(counted(), [0, 1]);
  high.close("test");
  assert.deepEqual(counted(), [0, 0]);

  const none = startCluster(0);
  const forced = await none.connect(false);
  assert.deepEqual(none.counted(), [0, 0]);
  forced.close("test");
  assert.deepEqual(none.counted(), [0, 0]);
});

for (const [how, leave] of [
  ["its host has left", ({ manager }) => manager.setHosts("web", [])],
  ["its cluster has gone", ({ manager }) => manager.remove("web")],
  ["its cluster has changed", ({ manager, config, breakers, specs }) => manager.set(config, breakers, specs)],
] as [string, (cluster: ReturnType<typeof startCluster>) => void][]) {
  test(`an idle connection closes at once when ${how}, a busy one after its exchange`, async () => {
    const cluster = startCluster(10);
    const [idle, busy] = await Promise.all([cluster.connect(false), cluster.connect(false)]);
    idle.onExchangeComplete(true);
    assert.equal(idle.closed, false);
    leave(cluster);
    assert.equal(idle.closed, true);
    assert.equal(busy.closed, false);
    busy.onExchangeComplete(true);
    assert.equal(busy.closed, true);
    await eventually("the server to see it", () => (accepted.size === 0 ? true : undefined));
    assert.deepEqual(cluster.counted(), [0, 0]);
  });
}
