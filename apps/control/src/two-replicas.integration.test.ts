import assert from "node:assert/strict";
import { test } from "node:test";
import { listNodes, publish, rolloutStatus } from "@sluice/config";
import { installedEnvoy, requestOnce, startEnvoy, startRecordingUpstream, waitFor } from "@sluice/harness";
import { readTopScopes } from "@sluice/telemetry";
import { renderBootstrap } from "./bootstrap/render-bootstrap.ts";
import { putExample } from "./testing/example-configuration.ts";
import { startControlDatabase } from "./testing/start-control-database.ts";
import { startControlProcess } from "./testing/start-control-process.ts";

test("two replicas over one Postgres: each tells its node, and what both collect adds up", {
  skip: installedEnvoy() === undefined ? "there is no envoy on the PATH" : false,
}, async (t) => {
  const cleanUp: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const step of cleanUp.reverse()) await step();
  });
  const { url, sql, context, close } = await startControlDatabase();
  cleanUp.push(close);
  const upstream = await startRecordingUpstream();
  upstream.reply({ body: "hello" });
  cleanUp.push(() => upstream.close());
  await putExample(context, upstream.port);

  const ports: number[] = [];
  const nodes = [];
  for (const nodeId of ["first", "second"]) {
    const control = await startControlProcess(url);
    cleanUp.push(() => control.process.stop());
    const bootstrap = renderBootstrap({
      product: "envoy",
      nodeId,
      nodeCluster: "test",
      controlHost: "127.0.0.1",
      controlPort: control.xdsPort,
      adminPort: 0,
      labels: {},
    });
    const envoy = await startEnvoy({ yaml: bootstrap.replace(/^admin:\n(?: .*\n)+/m, "") });
    cleanUp.push(() => envoy.close());
    nodes.push({ control, envoy });
  }
  await publish(context, { message: "for both" });
  await waitFor("both nodes to be effective", async () => {
    const status = await rolloutStatus(context);
    return status.connected === 2 && status.state === "effective";
  });
  for (const { envoy } of nodes) ports.push(await envoy.listenerPort("main:http"));
  for (const port of ports) {
    for (let index = 0; index < 15; index++) await requestOnce(port, { headers: [["host", "shop.example"]] });
  }
  await waitFor("the sum of both", async () => {
    const [route] = await readTopScopes(sql, { kind: "route" });
    return route?.measures.requests === 30;
  });
  for (const node of ["first", "second"]) {
    const [alone] = await readTopScopes(sql, { kind: "route", node });
    assert.equal(alone?.measures.requests, 15, node);
  }

  await nodes[0]?.control.process.stop();
  const states = new Map((await listNodes(context)).map(({ id, sync }) => [id, sync]));
  assert.deepEqual([states.get("first"), states.get("second")], ["disconnected", "effective"]);
});
