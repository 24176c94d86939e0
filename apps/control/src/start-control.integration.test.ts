import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type Context,
  getResource,
  listNodes,
  type NodeState,
  publish,
  putResource,
  type ResourceKind,
  removeResource,
  rollback,
  rolloutStatus,
} from "@sluice/config";
import {
  installedEnvoy,
  type RecordingUpstream,
  type RunningProxy,
  requestOnce,
  startEnvoy,
  startRecordingUpstream,
  waitFor,
} from "@sluice/harness";
import { readOverview, readTopScopes } from "@sluice/telemetry";
import { renderBootstrap } from "./bootstrap/render-bootstrap.ts";
import { EXAMPLE_ROUTES, exampleCluster, exampleListener } from "./testing/example-configuration.ts";
import { type ControlDatabase, startControlDatabase } from "./testing/start-control-database.ts";
import { type ControlProcess, startControlProcess } from "./testing/start-control-process.ts";

// A stock Envoy against a real control plane, from the first connection to the loss of each part, in order.
const skip = installedEnvoy() === undefined ? "there is no envoy on the PATH" : false;
const HOST: [string, string] = ["host", "shop.example"];

let database: ControlDatabase;
let context: Context;
let upstream: RecordingUpstream;
let control: ControlProcess;
let envoy: RunningProxy;

before(async () => {
  if (skip !== false) return;
  database = await startControlDatabase();
  ({ context } = database);
  upstream = await startRecordingUpstream();
  upstream.reply({ body: "hello" });
  control = await startControlProcess(database.url);
  const bootstrap = renderBootstrap({
    product: "envoy",
    nodeId: "stock-envoy",
    nodeCluster: "test",
    controlHost: "127.0.0.1",
    controlPort: control.xdsPort,
    adminPort: 0,
    labels: { zone: "a" },
  });
  envoy = await startEnvoy({ yaml: bootstrap.replace(/^admin:\n(?: .*\n)+/m, "") });
});

after(async () => {
  await envoy?.close();
  await control?.process.stop();
  await upstream?.close();
  await database?.close();
});

async function put(kind: ResourceKind, name: string, yaml: string): Promise<void> {
  const before = await getResource(context, { kind, name }).catch(() => undefined);
  const saved = await putResource(context, {
    kind,
    yaml,
    ...(before === undefined ? {} : { name, expectedRevision: before.revision }),
  });
  assert.deepEqual(
    saved.problems.filter(({ severity }) => severity === "error"),
    [],
  );
}

async function nodeState(): Promise<NodeState | undefined> {
  return (await listNodes(context)).find(({ id }) => id === "stock-envoy");
}

async function untilEffective(): Promise<void> {
  await waitFor("the rollout to be effective", async () => {
    const status = await rolloutStatus(context);
    if (status.state !== "effective") throw new Error(JSON.stringify(status));
    return true;
  });
}

/** Requests without a pause until stopped; each must be answered by the upstream. */
function keepRequesting(port: number): { stop(): Promise<{ requests: number; failures: string[] }> } {
  let going = true;
  const failures: string[] = [];
  let requests = 0;
  const loop = (async () => {
    while (going) {
      requests++;
      try {
        const response = await requestOnce(port, { headers: [HOST] });
        if (response.status !== 200) failures.push(String(response.status));
      } catch (error) {
        failures.push(String(error));
      }
    }
  })();
  return {
    async stop() {
      going = false;
      await loop;
      return { requests, failures };
    },
  };
}

test("a node that connects before anything is published comes up empty and is shown", { skip }, async () => {
  const node = await waitFor("the node to be connected", async () => {
    const found = await nodeState();
    return found?.connected === true ? found : undefined;
  });
  assert.equal(node.product, "envoy");
  assert.match(node.productVersion, /^1\.\d+\.\d+$/);
  assert.deepEqual(node.labels, { zone: "a" });
  assert.match(node.peer, /^127\.0\.0\.1:\d+$/);
  assert.ok(node.extensions.includes("envoy.filters.http.router"));
});

test("a published version becomes effective, and its traffic shows", { skip }, async (t) => {
  await put("clusters", "web.default:80", exampleCluster("web.default:80", upstream.port));
  await put("clusters", "dead", exampleCluster("dead", 1));
  await put("routes", "main", EXAMPLE_ROUTES);
  await put("listeners", "main:http", exampleListener({ listenerPort: 0 }));
  const started = performance.now();
  await publish(context, { message: "first" });
  await untilEffective();
  t.diagnostic(`publish to effective at a stock Envoy: ${(performance.now() - started).toFixed(0)} ms`);
  const node = await nodeState();
  assert.equal(node?.sync, "effective");
  assert.equal(node.effectiveVersion, 1);

  const port = await envoy.listenerPort("main:http");
  for (let index = 0; index < 10; index++) {
    assert.equal((await requestOnce(port, { headers: [HOST] })).text, "hello");
  }
  await waitFor("the route's requests", async () => {
    const [route] = await readTopScopes(database.sql, { kind: "route" });
    return route?.scope.name === "shop.example/r1" && route.measures.requests === 10;
  });
});

test("one changed kind becomes effective while the others stay as they are", { skip }, async () => {
  await put("routes", "main", EXAMPLE_ROUTES.replace("status: 404", "status: 410"));
  await publish(context, { message: "gone" });
  await untilEffective();
  const port = await envoy.listenerPort("main:http");
  assert.equal((await requestOnce(port, { headers: [["host", "other"]] })).status, 410);
});

test("what a node refuses shows with its own words while the old version serves; a rollback makes it right", {
  skip,
}, async () => {
  const port = await envoy.listenerPort("main:http");
  // A cipher that BoringSSL does not have: the API's rules cannot know.
  const refused = `
name: refused
type: STATIC
connect_timeout: 1s
transport_socket:
  name: envoy.transport_sockets.tls
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    common_tls_context: { tls_params: { cipher_suites: [NO-SUCH-CIPHER] } }
`;
  await put("clusters", "refused", refused);
  await publish(context, { message: "a cipher that does not exist" });
  const node = await waitFor("the refusal", async () => {
    const found = await nodeState();
    return found?.sync === "refused" ? found : undefined;
  });
  const clusters = node.types.find(({ kind }) => kind === "clusters");
  assert.match(clusters?.refusal?.message ?? "", /NO-SUCH-CIPHER/);
  assert.equal((await rolloutStatus(context)).state, "refused");
  assert.equal((await requestOnce(port, { headers: [HOST] })).text, "hello");
  await rollback(context, { version: 2 });
  await untilEffective();
  const inDraft = await getResource(context, { kind: "clusters", name: "refused" });
  await removeResource(context, { kind: "clusters", name: "refused", expectedRevision: inDraft.revision });
});

test("the control plane killed and started again under load: no request fails, and publishing goes on", {
  skip,
}, async () => {
  const port = await envoy.listenerPort("main:http");
  const load = keepRequesting(port);
  await control.process.stop("SIGKILL");
  await waitFor(
    "Envoy to notice",
    async () => (await envoy.stats("control_plane")).get("control_plane.connected_state") === 0,
  );
  control = await startControlProcess(database.url, control.xdsPort);
  await waitFor("the node to be back", async () => (await nodeState())?.connected === true, {
    deadlineMs: 30_000,
  });
  await untilEffective();
  await put("routes", "main", EXAMPLE_ROUTES.replace("status: 404", "status: 418"));
  await publish(context, { message: "after the restart" });
  await untilEffective();
  assert.equal((await requestOnce(port, { headers: [["host", "other"]] })).status, 418);
  const { requests, failures } = await load.stop();
  assert.ok(requests > 50);
  assert.deepEqual(failures, []);
});

test("Postgres away: the node serves on and stays connected; afterwards counting and publishing go on", {
  skip,
}, async () => {
  const port = await envoy.listenerPort("main:http");
  const load = keepRequesting(port);
  await database.postgres.crash();
  await waitFor("the control plane to notice", () => control.process.output().includes("cannot store stats"));
  assert.equal((await envoy.stats("control_plane")).get("control_plane.connected_state"), 1);
  await database.postgres.start();
  await waitFor("stats to be stored again", () => control.process.output().includes("storing stats again"));
  const { failures } = await load.stop();
  assert.deepEqual(failures, []);
  await put("routes", "main", EXAMPLE_ROUTES);
  await publish(context, { message: "after Postgres" });
  await untilEffective();
  await waitFor("a report of now", async () => {
    const { asOf } = await readOverview(database.sql);
    return asOf !== undefined && Date.now() - asOf.getTime() < 3_000;
  });
});

test("SIGTERM: the node shows as disconnected at once, and the process ends with 0", { skip }, async () => {
  await control.process.stop("SIGTERM");
  assert.equal(control.process.exit(), 0, control.process.output());
  assert.equal((await nodeState())?.connected, false);
});
