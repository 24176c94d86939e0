import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  ConfigError,
  type Context,
  listOrders,
  type ProbeInput,
  publish,
  type ResourceKind,
  rolloutHistory,
  rolloutOf,
  setGroupProbe,
} from "@sluice/config";
import {
  installedEnvoy,
  type RecordingUpstream,
  type RunningProxy,
  startRecordingUpstream,
} from "@sluice/harness";
import { EXAMPLE_ROUTES, putExample } from "../testing/example-configuration.ts";
import { putByName } from "../testing/put-by-name.ts";
import { type ControlDatabase, startControlDatabase } from "../testing/start-control-database.ts";
import { type ControlProcess, startControlProcess } from "../testing/start-control-process.ts";
import { startNode } from "../testing/start-node.ts";
import { untilPhase } from "../testing/until-phase.ts";

// Real nodes, and what a rollout makes of their answers to its synthetic request.
const ENVOY = installedEnvoy() !== undefined;
const CANARY = { steps: [{ selector: "zone=a" }], stepWaitMs: 0, compare: null } as const;

let database: ControlDatabase;
let context: Context;
let upstream: RecordingUpstream;
let control: ControlProcess;
const nodes = new Map<string, RunningProxy>();
let edits = 0;

before(async () => {
  database = await startControlDatabase();
  ({ context } = database);
  upstream = await startRecordingUpstream();
  upstream.reply({ body: "all is well" });
  control = await startControlProcess(database.url, 0, { SLUICE_OUTBOUND_ALLOW: "127.0.0.1" });
  const at = (id: string, product: "sluice" | "envoy") =>
    startNode({ id, product, controlPort: control.xdsPort, labels: { zone: "a" } });
  nodes.set("sluice", await at("sluice", "sluice"));
  if (ENVOY) nodes.set("envoy", await at("envoy", "envoy"));
  await putExample(context, upstream.port);
  await untilPhase(context, rolloutOf(await publish(context, { message: "first" })).id, "completed");
});

after(async () => {
  for (const node of nodes.values()) await node.close();
  await control?.process.stop();
  await upstream?.close();
  await database?.close();
});

function put(kind: ResourceKind, name: string, yaml: string): Promise<void> {
  return putByName(context, kind, name, yaml);
}

/** Publishes something else each time; answers the rollout. */
async function publishWith(probe: ProbeInput | null | undefined, routes = EXAMPLE_ROUTES): Promise<number> {
  await put("routes", "main", `${routes}# ${++edits}\n- name: n${edits}\n  domains: [n${edits}]\n`);
  const strategy = probe === undefined ? CANARY : { ...CANARY, probe };
  return rolloutOf(await publish(context, { message: "m", strategy })).id;
}

async function addresses(): Promise<Record<string, string>> {
  const envoy = nodes.get("envoy");
  return envoy === undefined ? {} : { envoy: `127.0.0.1:${await envoy.listenerPort("main:http")}` };
}

const WELL: ProbeInput = {
  listener: "main:http",
  url: "http://shop.example/health?full",
  headers: [{ name: "x-probe", value: "yes" }],
  bodyContains: "is well",
};

test("each node of the step answers the synthetic request on its own listener before the step is done", async () => {
  upstream.clear();
  await setGroupProbe(context, { group: "default", probe: { ...WELL, addresses: await addresses() } });
  const rollout = await publishWith(undefined);
  const status = await untilPhase(context, rollout, "completed");
  assert.equal(status.rollout.strategy.probe?.url, WELL.url);
  assert.deepEqual(
    status.nodes.map(({ id, probe }) => [id, probe?.state]).toSorted(),
    [...nodes.keys()].map((id) => [id, "passed"]).toSorted(),
  );
  // Two steps, each node once in each: the second concerns all, also those of the first.
  assert.equal(upstream.requests.length, 2 * nodes.size);
  for (const request of upstream.requests) {
    assert.equal(request.target, "/health?full");
    assert.deepEqual(
      ["host", "x-probe", "user-agent"].map((name) => request.header(name)),
      ["shop.example", "yes", "sluice-probe"],
    );
  }
  assert.ok((await listOrders(context, "sluice")).every(({ action }) => action === "probe"));
});

test("a wrong answer takes the step back, and says what came", async () => {
  const broken = EXAMPLE_ROUTES.replace(
    'route: { cluster: "web.default:80" }',
    "direct_response: { status: 503 }",
  );
  const rollout = await publishWith({ ...WELL, addresses: await addresses(), attempts: 2 }, broken);
  const { progress, nodes: states } = await untilPhase(context, rollout, "reverted");
  assert.match(progress.reason ?? "", /^the synthetic request to \w+ failed: status 503, expected 200$/);
  const codes = (await rolloutHistory(context, rollout)).map(({ kind, words }) => [
    kind,
    words?.map(({ code }) => code),
  ]);
  assert.deepEqual(codes.slice(0, 2), [
    ["started", ["published", "step", "nodes_with"]],
    ["reverting", ["probe_failed", "probe_status"]],
  ]);
  assert.ok(states.some(({ probe }) => probe?.state === "failed" && probe.attempts >= 2));
});

test("a body without the expected text, a listener that only the version before had, a url that nobody serves: all fail it", async () => {
  const probe = { ...WELL, addresses: await addresses(), attempts: 1 };
  const text = await untilPhase(context, await publishWith({ ...probe, bodyContains: "is ill" }), "reverted");
  assert.match(text.progress.reason ?? "", /the body does not contain 'is ill'/);
  const away = await untilPhase(
    context,
    await publishWith({ ...probe, url: "http://nobody.example/" }),
    "reverted",
  );
  assert.match(away.progress.reason ?? "", /status 404, expected 200/);
  const secure = { ...probe, url: "https://shop.example/", timeoutMs: 1_000 };
  const plain = await untilPhase(context, await publishWith(secure), "reverted");
  assert.match(plain.progress.reason ?? "", /the synthetic request to \w+ failed: ./);
  await assert.rejects(
    publishWith({ ...probe, listener: "other" }),
    /goes to the listener 'other', which the draft does not have: it has main:http/,
  );
});

test("a node that takes no orders needs an address, which the outbound policy must allow", {
  skip: !ENVOY,
}, async () => {
  await assert.rejects(
    publishWith({ ...WELL, addresses: {} }),
    (error) =>
      error instanceof ConfigError &&
      error.code === "bad_input" &&
      /cannot be sent everywhere: envoy: it takes no orders.* no address was given/.test(error.message),
  );
  const forbidden = { ...WELL, addresses: { envoy: "10.255.255.1:80" }, attempts: 1 };
  const { progress } = await untilPhase(context, await publishWith(forbidden), "reverted");
  assert.match(
    progress.reason ?? "",
    /the synthetic request to envoy failed: .*not an address of the public Internet/,
  );
});

test("without a synthetic request nothing is sent", async () => {
  upstream.clear();
  const status = await untilPhase(context, await publishWith(null), "completed");
  assert.equal(upstream.requests.length, 0);
  assert.ok(status.nodes.every(({ probe }) => probe === undefined));
});
