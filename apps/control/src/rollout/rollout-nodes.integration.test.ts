import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  abortRollout,
  type Context,
  listNodes,
  pauseRollout,
  publish,
  type ResourceKind,
  type RolloutStatus,
  resumeRollout,
  rollback,
  rolloutHistory,
  rolloutOf,
  rolloutStatus,
  type StrategyInput,
} from "@sluice/config";
import {
  installedEnvoy,
  type RecordingUpstream,
  type RunningProxy,
  requestOnce,
  startRecordingUpstream,
  waitFor,
} from "@sluice/harness";
import { EXAMPLE_ROUTES, exampleCluster, putExample } from "../testing/example-configuration.ts";
import { putByName } from "../testing/put-by-name.ts";
import { type ControlDatabase, startControlDatabase } from "../testing/start-control-database.ts";
import { type ControlProcess, startControlProcess } from "../testing/start-control-process.ts";
import { startNode } from "../testing/start-node.ts";
import { untilPhase } from "../testing/until-phase.ts";

// Two replicas of the control plane, two Sluice nodes and (where there is one) a stock Envoy, through rollouts in order.
const HOST: [string, string] = ["host", "shop.example"];
/** Starting, NACKing and measuring take what a busy machine takes. */
const DEADLINE = { deadlineMs: 60_000 };
const CANARY = { steps: [{ selector: "zone=a" }], effectiveWithinMs: 60_000 } as const;

let database: ControlDatabase;
let context: Context;
let upstream: RecordingUpstream;
const controls: ControlProcess[] = [];
const nodes = new Map<string, RunningProxy>();

before(async () => {
  database = await startControlDatabase();
  ({ context } = database);
  upstream = await startRecordingUpstream();
  upstream.reply({ body: "hello" });
  controls.push(await startControlProcess(database.url), await startControlProcess(database.url));
  await addNode("canary", "sluice", 0, { zone: "a" });
  await addNode("steady", "sluice", 1, { zone: "b" });
  if (installedEnvoy() !== undefined) await addNode("envoy", "envoy", 1, { zone: "b" });
  await putExample(context, upstream.port);
  await untilPhase(context, rolloutOf(await publish(context, { message: "first" })).id, "completed");
});

after(async () => {
  for (const node of nodes.values()) await node.close();
  for (const { process: running } of controls) await running.stop();
  await upstream?.close();
  await database?.close();
});

async function addNode(
  id: string,
  product: "sluice" | "envoy",
  control: number,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const controlPort = controls[control]?.xdsPort ?? 0;
  nodes.set(id, await startNode({ id, product, controlPort, labels }));
}

function put(kind: ResourceKind, name: string, yaml: string): Promise<void> {
  return putByName(context, kind, name, yaml);
}

async function publishRoutes(yaml: string, strategy: StrategyInput): Promise<number> {
  await put("routes", "main", yaml);
  return rolloutOf(await publish(context, { message: "routes", strategy })).id;
}

async function untilStage(rollout: number, stage: RolloutStatus["progress"]["stage"]): Promise<void> {
  await waitFor(
    `rollout ${rollout} to be ${stage}`,
    async () => {
      const { progress } = await rolloutStatus(context, rollout);
      if (progress.stage !== stage) throw new Error(JSON.stringify(progress));
      return true;
    },
    DEADLINE,
  );
}

/** What each node answers to a host that only the catch-all knows. */
async function answers(): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [id, node] of nodes) {
    const port = await node.listenerPort("main:http");
    found[id] = (await requestOnce(port, { headers: [["host", "other"]] })).status;
  }
  return found;
}

function everywhere(status: number): Record<string, number> {
  return Object.fromEntries([...nodes.keys()].map((id) => [id, status]));
}

async function historyOf(rollout: number): Promise<string> {
  return (await rolloutHistory(context, rollout)).map(({ kind }) => kind).join(" ");
}

/** Requests to every node without a pause until stopped. */
async function load(): Promise<{ stop(): Promise<{ requests: number; failures: string[] }> }> {
  let going = true;
  let requests = 0;
  const failures: string[] = [];
  const loops = [...nodes].map(async ([id, node]) => {
    const port = await node.listenerPort("main:http");
    while (going) {
      requests++;
      const status = await requestOnce(port, { headers: [HOST] }).then(
        (response) => response.status,
        (error: unknown) => String(error),
      );
      if (status !== 200) failures.push(`${id}: ${status}`);
    }
  });
  return {
    async stop() {
      going = false;
      await Promise.all(loops);
      return { requests, failures };
    },
  };
}

test("a canary goes to the labelled node, then by itself to all, and no request fails", async () => {
  const traffic = await load();
  const rollout = await publishRoutes(EXAMPLE_ROUTES.replace("status: 404", "status: 410"), {
    ...CANARY,
    promote: "manual",
    stepWaitMs: 0,
  });
  await untilStage(rollout, "holding");
  assert.deepEqual(await answers(), { ...everywhere(404), canary: 410 });
  await abortRollout(context, { rollout, reason: "only looking" });
  await untilPhase(context, rollout, "aborted");
  assert.deepEqual(await answers(), everywhere(404));

  const again = rolloutOf(
    await publish(context, { message: "again", strategy: { ...CANARY, stepWaitMs: 2_000 } }),
  );
  const status = await untilPhase(context, again.id, "completed");
  assert.deepEqual(await answers(), everywhere(410));
  assert.equal(status.effective, nodes.size);
  assert.equal(await historyOf(again.id), "started effective step effective completed");
  const { requests, failures } = await traffic.stop();
  assert.ok(requests > 50);
  assert.deepEqual(failures, []);
});

test("a canary that refuses is taken back, with its own words, and the others never saw it", async () => {
  const refused = exampleCluster("refused", 1).replace(
    "connect_timeout: 1s",
    `connect_timeout: 1s
transport_socket:
  name: envoy.transport_sockets.tls
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    common_tls_context: { tls_params: { cipher_suites: [NO-SUCH-CIPHER] } }`,
  );
  await put("clusters", "refused", refused);
  const published = await publish(context, { message: "odd cipher", strategy: CANARY });
  const { version } = published;
  const { progress } = await untilPhase(context, rolloutOf(published).id, "reverted");
  assert.match(progress.reason ?? "", /^canary refused clusters: .*NO-SUCH-CIPHER/s);
  const states = await listNodes(context);
  for (const { id, types } of states) {
    const sent = types.find(({ kind }) => kind === "clusters")?.sentVersion;
    assert.ok(sent !== version.number || id === "canary", `${id} was sent version ${sent}`);
  }
  await waitFor(
    "every node to be well",
    async () => (await listNodes(context)).every(({ sync }) => sync === "effective"),
    DEADLINE,
  );
  await put("clusters", "refused", exampleCluster("refused", 1));
});

test("a canary whose requests fail while the others' do not is taken back by the figures", async () => {
  const traffic = await load();
  const broken = EXAMPLE_ROUTES.replace('route: { cluster: "web.default:80" }', "route: { cluster: dead }");
  const rollout = await publishRoutes(broken, {
    ...CANARY,
    stepWaitMs: 600_000,
    compare: { requestsMin: 50 },
  });
  const { progress } = await untilPhase(context, rollout, "reverted");
  const { failures } = await traffic.stop();
  assert.match(progress.reason ?? "", /error rate .*% against 0\.00%: a rise of more than/);
  assert.equal(progress.comparison?.verdict, "worse");
  assert.equal(progress.comparison?.baseline, "old nodes");
  assert.deepEqual(
    failures.filter((failure) => failure !== "canary: 503"),
    [],
  );
  assert.ok(failures.length >= 50);
  await put("routes", "main", EXAMPLE_ROUTES);
});

test("a replica that is killed in the middle of a canary: another goes on, and each step is made once", async () => {
  const rollout = await publishRoutes(EXAMPLE_ROUTES.replace("status: 404", "status: 451"), {
    ...CANARY,
    stepWaitMs: 8_000,
  });
  await untilStage(rollout, "observing");
  const [lease] = await database.sql`select holder from config.work_lease where work = 'rollouts'`;
  const [served] = await database.sql`select id from config.node where replica = ${lease?.holder}`;
  const victim = served?.id === "canary" ? 0 : 1;
  const port = controls[victim]?.xdsPort ?? 0;
  await controls[victim]?.process.stop("SIGKILL");
  await waitFor(
    "another replica to take the work over",
    async () => {
      const [now] = await database.sql`select holder from config.work_lease where work = 'rollouts'`;
      return now?.holder !== lease?.holder;
    },
    DEADLINE,
  );
  controls[victim] = await startControlProcess(database.url, port);
  await untilPhase(context, rollout, "completed");
  assert.deepEqual(await answers(), everywhere(451));
  const kinds = (await historyOf(rollout)).replaceAll("trouble ", "");
  assert.equal(kinds, "started effective step effective completed");
});

test("paused by hand it stands still; a rollback puts every node back in one action", async () => {
  const rollout = await publishRoutes(EXAMPLE_ROUTES.replace("status: 404", "status: 418"), {
    ...CANARY,
    stepWaitMs: 500,
  });
  await pauseRollout(context, { rollout });
  await waitFor("the canary to run it", async () => (await answers()).canary === 418, DEADLINE);
  // The replicas look every second: several looks later nothing has moved.
  const { revision } = (await rolloutStatus(context, rollout)).progress;
  const looksOverMs = performance.now() + 3_000;
  await waitFor("several looks", () => performance.now() > looksOverMs, DEADLINE);
  assert.equal((await rolloutStatus(context, rollout)).progress.revision, revision);
  assert.deepEqual(await answers(), { ...everywhere(451), canary: 418 });
  await resumeRollout(context, { rollout });
  await untilPhase(context, rollout, "completed");
  assert.deepEqual(await answers(), everywhere(418));
  const { previous } = (await rolloutStatus(context, rollout)).rollout;
  const back = rolloutOf(await rollback(context, { version: previous ?? 0 }));
  await untilPhase(context, back.id, "completed");
  assert.deepEqual(await answers(), everywhere(451));
});
