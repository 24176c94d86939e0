import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Worker } from "node:worker_threads";
import { fromJson, toBinary } from "@bufbuild/protobuf";
import { apiRegistry } from "@sluice/xds";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { MainDescriptors } from "../descriptor/main-descriptors.ts";
import { eventually } from "../server/proxy-process-fixture.ts";
import { testWorkerInit } from "../server/worker/testing/test-worker-init.ts";
import { WorkerPool } from "../server/worker/worker-pool.ts";
import { compileListenerSockets } from "./compile-listener-sockets.ts";
import { ConnectionBalance } from "./connection-balance.ts";
import type { ListenerSpec } from "./listener-spec.ts";
import { SharedSockets } from "./shared-sockets.ts";

const CONCURRENCY = 2;

const ECHO = {
  name: "echo",
  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo" },
};

/** A connection that has been served; what it sent was there before the connection was accepted. */
function served(target: { port: number; host: string } | { path: string }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(target);
    socket.once("data", () => resolve(socket));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed unanswered")));
    socket.write("x");
  });
}

test("workers share sockets, balance connections, and lose none while one of them starts again", async () => {
  const path = join(tmpdir(), `sluice-${randomUUID()}`);
  const message = fromJson(
    ListenerSchema,
    {
      name: "l",
      address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
      additional_addresses: [{ address: { pipe: { path } } }],
      enable_reuse_port: false,
      connection_balance_config: { exact_balance: {} },
      filter_chains: [{ filters: [ECHO] }],
    },
    { registry: apiRegistry() },
  );
  const compiled = compileListenerSockets(message);
  assert.ok(compiled.ok && compiled.value.balanced);
  const workers: Worker[] = [];
  const onWorker = (worker: Worker): void => void workers.push(worker);
  process.on("worker", onWorker);
  const balance = ConnectionBalance.allocate(2, CONCURRENCY);
  const counts = new Int32Array(balance);
  const errors: string[] = [];
  let spec: ListenerSpec | undefined;
  const pool: WorkerPool = new WorkerPool({
    concurrency: CONCURRENCY,
    init: testWorkerInit(CONCURRENCY),
    onReport: () => {},
    onExit: (index) => new ConnectionBalance(balance, index, CONCURRENCY).leave(),
    onRestart: (index) => shared.onWorkerStart(index, spec === undefined ? [] : [spec]),
    replay: () => (spec === undefined ? [] : [{ type: "listener", spec }]),
    log: { debug() {}, info() {}, warn() {}, error: (text) => errors.push(text) },
  });
  const shared = new SharedSockets(
    new MainDescriptors({
      concurrency: CONCURRENCY,
      send: (index, command) => pool.send(index, command),
    }),
    CONCURRENCY,
  );
  try {
    await pool.start();
    const sockets = await shared.prepare("l", compiled.value.sockets, new Set());
    assert.ok(typeof sockets !== "string", String(sockets));
    spec = { id: 1, name: "l", statName: "l", bytes: toBinary(ListenerSchema, message), sockets, balance };
    await shared.give(spec);
    for (const { problems } of await pool.broadcast({ type: "listener", spec }))
      assert.deepEqual(problems, []);
    const [first] = sockets;
    const tcp = { host: "127.0.0.1", port: first?.kind === "tcp" ? first.port : 0 };
    const open: Socket[] = [];
    for (let i = 0; i < 6; i++) open.push(await served(tcp), await served({ path }));
    assert.deepEqual([...counts], [3, 3, 3, 3]);
    for (const socket of open.splice(0, 4)) socket.destroy();
    await eventually("two of each to be gone", () =>
      counts.reduce((all, each) => all + each) === 8 ? true : undefined,
    );
    for (let i = 0; i < 2; i++) open.push(await served(tcp), await served({ path }));
    assert.deepEqual([...counts], [3, 3, 3, 3]);

    const [, second] = workers;
    assert.ok(second);
    await second.terminate();
    // One that is accepted meanwhile is served by the other worker.
    open.push(await served(tcp), await served({ path }));
    assert.equal(counts[1], -1);
    await eventually(
      "the worker to be back",
      () => (counts[1] === 0 && counts[3] === 0 ? true : undefined),
      () => errors.join("\n"),
    );
    for (let i = 0; i < 3; i++) open.push(await served(tcp), await served({ path }));
    assert.deepEqual([...counts].slice(1), [3, 4, 3]);
    for (const socket of open) socket.destroy();
  } finally {
    process.off("worker", onWorker);
    shared.close();
    await pool.stop();
  }
});
