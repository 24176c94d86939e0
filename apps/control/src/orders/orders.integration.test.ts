import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type AskNodeInput,
  askNode,
  type Context,
  diffAny,
  getNode,
  getOrder,
  isSettled,
  type NodeComparison,
  type NodeOrder,
  publish,
  putResource,
  readOrderContent,
} from "@sluice/config";
import { installedEnvoy, type RunningProxy, waitFor } from "@sluice/harness";
import { exampleCluster, putExample } from "../testing/example-configuration.ts";
import { type ControlDatabase, startControlDatabase } from "../testing/start-control-database.ts";
import { type ControlProcess, startControlProcess } from "../testing/start-control-process.ts";
import { startNode } from "../testing/start-node.ts";

const PATIENT = { deadlineMs: 60_000 };
const PRODUCTS = ["sluice", ...(installedEnvoy() === undefined ? [] : (["envoy"] as const))] as const;

let database: ControlDatabase;
let context: Context;
let control: ControlProcess;
const nodes = new Map<string, RunningProxy>();

before(async () => {
  database = await startControlDatabase();
  ({ context } = database);
  control = await startControlProcess(database.url);
  await putExample(context, 1);
  await publish(context, { message: "first" });
  for (const product of PRODUCTS) {
    nodes.set(product, await startNode({ id: product, product, controlPort: control.xdsPort, labels: {} }));
  }
  for (const product of PRODUCTS)
    await waitFor(
      `${product} to be effective`,
      async () => {
        const { sync, channel } = await getNode(context, product);
        return sync === "effective" && (product === "envoy" || channel !== undefined);
      },
      PATIENT,
    );
});

after(async () => {
  for (const node of nodes.values()) await node.close();
  await control?.process.stop();
  await database?.close();
});

async function ask(input: AskNodeInput): Promise<NodeOrder> {
  const { id } = await askNode(context, input);
  return await waitFor(
    `the answer to ${input.action}`,
    async () => {
      const order = await getOrder(context, id);
      return isSettled(order) ? order : undefined;
    },
    PATIENT,
  );
}

function sluice(): RunningProxy {
  const node = nodes.get("sluice");
  assert.ok(node);
  return node;
}

async function ready(): Promise<number> {
  return (await fetch(`${sluice().adminUrl}/ready`)).status;
}

test("drain and resume are done when the node did them, and its state says so", async () => {
  assert.equal(await ready(), 200);
  assert.equal((await ask({ node: "sluice", action: "drain" })).state, "done");
  assert.equal(await ready(), 503);
  const drained = await getNode(context, "sluice");
  assert.deepEqual(
    [drained.channel?.status.state, drained.channel?.status.healthCheckFailed, drained.connected],
    ["DRAINING", true, true],
  );
  assert.equal((await ask({ node: "sluice", action: "resume" })).state, "done");
  assert.equal(await ready(), 200);
  assert.equal((await getNode(context, "sluice")).channel?.status.state, "LIVE");
});

test("the log level changes on every thread of the node", async () => {
  assert.equal((await ask({ node: "sluice", action: "log_level", level: "debug" })).state, "done");
  assert.match(await sluice().admin("/logging", "POST"), /main: debug\n {2}worker_0: debug/);
  assert.equal((await getNode(context, "sluice")).channel?.status.logLevel, "debug");
  await ask({ node: "sluice", action: "log_level", level: "info" });
});

for (const product of PRODUCTS) {
  test(`${product}: its configuration dump, whole and by resource`, async () => {
    const { id, state } = await ask({ node: product, action: "config_dump" });
    assert.equal(state, "done");
    const dump = JSON.stringify(await readOrderContent(context, id));
    assert.match(dump, /ListenersConfigDump.*"main:http"/);
    assert.match(dump, /RoutesConfigDump.*"shop\.example"/);
    const resource = "dynamic_active_clusters";
    const part = await ask({ node: product, action: "config_dump", resource });
    const only = JSON.stringify(await readOrderContent(context, part.id));
    assert.match(only, /web\.default:80/);
    assert.doesNotMatch(only, /main:http/);
  });

  test(`${product}: what it really has, compared with versions`, async () => {
    const live = await ask({ node: product, action: "compare", version: 1 });
    assert.deepEqual([live.state, live.reason], ["done", undefined]);
    const compared = (await readOrderContent(context, live.id)) as NodeComparison;
    assert.deepEqual([compared.differences, compared.same], [[], 4]);
    assert.equal(compared.source, product === "sluice" ? "node" : "control_plane");
  });
}

test("a version that the node does not run differs from what it has, field by field", async () => {
  const yaml = exampleCluster("dead", 1).replace("connect_timeout: 1s", "connect_timeout: 3s");
  await putResource(context, { kind: "clusters", yaml, name: "dead", expectedRevision: 1 });
  await publish(context, { message: "second", strategy: { steps: [{ selector: "never" }] } });
  const { id, reason } = await ask({ node: "sluice", action: "compare", version: 2 });
  assert.equal(reason, undefined);
  const { differences } = (await readOrderContent(context, id)) as NodeComparison;
  assert.deepEqual(
    differences.map(({ kind, name, change, fields }) => [kind, name, change, fields]),
    [["clusters", "dead", "modified", [{ path: "connect_timeout", before: "3s", after: "1s" }]]],
  );
});

for (const product of PRODUCTS) {
  test(`${product}: what it really has is one side of any difference, without what the control plane adds`, async () => {
    const has: { order: string }[] = [];
    for (const version of [1, 2])
      has.push({ order: (await ask({ node: product, action: "compare", version })).id });
    const [byFirst, bySecond] = has;
    assert.ok(byFirst !== undefined && bySecond !== undefined);
    assert.deepEqual(await diffAny(context, 1, byFirst), []);
    assert.deepEqual(await diffAny(context, bySecond, 1), []);
    assert.deepEqual(await diffAny(context, byFirst, bySecond), []);
    for (const order of has) {
      const diffs = await diffAny(context, order, 2);
      assert.deepEqual(
        diffs.map(({ kind, name, change, fields }) => [kind, name, change, fields]),
        [["clusters", "dead", "modified", [{ path: "connect_timeout", before: "1s", after: "3s" }]]],
      );
    }
    await assert.rejects(diffAny(context, 1, { order: "none" }), { code: "not_found" });
  });
}

test("a stock Envoy takes no orders, and the refusal says what to run", {
  skip: PRODUCTS.length < 2,
}, async () => {
  await assert.rejects(askNode(context, { node: "envoy", action: "drain", closeListeners: true }), {
    code: "bad_input",
    message: /on the machine of 'envoy' run: curl -X POST .*\/drain_listeners\?graceful$/,
  });
});

test("closed listeners do not come back: resume is refused by the node", async () => {
  assert.equal((await ask({ node: "sluice", action: "drain", closeListeners: true })).state, "done");
  const resumed = await ask({ node: "sluice", action: "resume" });
  assert.deepEqual(
    [resumed.state, resumed.reason],
    ["refused", "its listeners close, or are closed: only a restart opens them again"],
  );
});

test("a node that goes is not asked any more", async () => {
  await sluice().close();
  await waitFor("it to be gone", async () => !(await getNode(context, "sluice")).connected, PATIENT);
  assert.equal((await getNode(context, "sluice")).channel, undefined);
  await assert.rejects(askNode(context, { node: "sluice", action: "resume" }), { code: "conflict" });
});
