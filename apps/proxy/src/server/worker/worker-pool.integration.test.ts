import assert from "node:assert/strict";
import { test } from "node:test";
import type { Worker } from "node:worker_threads";
import { toBinary } from "@bufbuild/protobuf";
import { messageDescriptor, parseYaml } from "@sluice/xds";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { ListenerSpec } from "../../listener/listener-spec.ts";
import { testListenerSpec } from "../../listener/testing/test-listener-spec.ts";
import { eventually, listenerYaml } from "../proxy-process-fixture.ts";
import { testWorkerInit } from "./testing/test-worker-init.ts";
import type { WorkerCommand } from "./worker-messages.ts";
import { WorkerPool } from "./worker-pool.ts";

function spec(port: number): ListenerSpec {
  const routes =
    'route_config: {name: r, virtual_hosts: [{name: a, domains: ["*"], routes: [{match: {prefix: /}, direct_response: {status: 200, body: {inline_string: hello}}}]}]}';
  const parsed = parseYaml(listenerYaml("main", routes), ListenerSchema.typeName);
  assert.ok(parsed.message, JSON.stringify(parsed.problems));
  const bytes = toBinary(messageDescriptor(ListenerSchema.typeName), parsed.message);
  return testListenerSpec({ id: 1, name: "main", bytes, key: "127.0.0.1:0", port });
}

test("a worker that ends is started again, told everything, and serves", async () => {
  const workers: Worker[] = [];
  const onWorker = (worker: Worker): void => {
    workers.push(worker);
  };
  process.on("worker", onWorker);
  const errors: string[] = [];
  const exits: number[] = [];
  let port = 0;
  const pool = new WorkerPool({
    concurrency: 1,
    init: testWorkerInit(1),
    onReport: () => {},
    onExit: (index) => exits.push(index),
    onRestart: async () => {},
    replay: (): readonly WorkerCommand[] => [{ type: "listener", spec: spec(port) }],
    log: { debug() {}, info() {}, warn() {}, error: (text) => errors.push(text) },
  });
  try {
    await pool.start();
    const [outcome] = await pool.broadcast({ type: "listener", spec: spec(0) });
    assert.deepEqual(outcome?.problems, []);
    port = outcome?.ports["127.0.0.1:0"] ?? 0;
    const ask = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text();
    assert.equal(await ask(), "hello");
    // A command that the worker never answers resolves all the same.
    const first = workers[0];
    assert.ok(first);
    const [unanswered] = await Promise.all([pool.broadcast({ type: "flush" }), first.terminate()]);
    assert.equal(unanswered.length, 1);
    assert.equal(
      await eventually(
        "an answer of its successor",
        () => ask().catch(() => undefined),
        () => errors.join("\n"),
      ),
      "hello",
    );
    assert.deepEqual(exits, [0]);
    assert.equal(workers.length, 2);
    assert.match(errors.join("\n"), /^worker 0 ended with code 1; starting it again in 50 ms$/);
  } finally {
    process.off("worker", onWorker);
    await pool.stop();
  }
});
