import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { Agent, createServer, type Server } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePorts, quickEnough, waitFor } from "@sluice/harness";
import { type Api, draftRoute, openApi, publishAndWait, untilEffective } from "./api.ts";
import { type Appliance, startAppliance } from "./start-appliance.ts";
import { suspendPostgres } from "./suspend-postgres.ts";
import { type Answer, ask } from "./traffic-source.ts";

const cli = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
const hasEnvoy = spawnSync("envoy", ["--version"]).status === 0;

let appliance: Appliance;
let api: Api;
let upstream: Server;
let upstreamPort = 0;
let listenerPort = 0;
let deadPort = 0;

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

function get(path: string, agent?: Agent): Promise<Answer> {
  return ask(listenerPort, path, agent === undefined ? {} : { agent });
}

before(async () => {
  upstream = createServer((incoming, response) =>
    response.end(`upstream saw ${incoming.headers.host} ${incoming.url}`),
  );
  upstreamPort = await listen(upstream);
  [listenerPort = 0, deadPort = 0] = await freePorts(2);
  appliance = await startAppliance();
  api = await openApi(appliance);
});

after(async () => {
  await api?.close();
  await appliance?.stop();
  upstream?.closeAllConnections();
  upstream?.close();
});

test("the guided first route, published, is effective on the local node and answers through the proxy", async () => {
  await draftRoute(api, { domain: "shop.example", port: listenerPort, upstreamPort });
  const check = await api.client.draft.check.query();
  assert.deepEqual(
    check.problems.filter(({ problem }) => problem.severity === "error"),
    [],
  );
  await publishAndWait(api, "first route");
  assert.deepEqual(await get("/hello"), { status: 200, body: "upstream saw shop.example /hello" });
});

test("requests show in the access log within a second or so of the traffic", async (t) => {
  const told = await quickEnough({ "access log": 3_000 }, async (round) => {
    const path = `/seen-${round}-`;
    const startedAt = performance.now();
    for (let n = 0; n < 20; n++) assert.equal((await get(`${path}${n}`)).status, 200);
    await waitFor(
      "the requests in the access log",
      async () => {
        const found = await api.client.telemetry.searchRequests.query({ filter: { path }, limit: 100 });
        return found.entries.length === 20;
      },
      { deadlineMs: 15_000, intervalMs: 50 },
    );
    return { "access log": performance.now() - startedAt };
  });
  t.diagnostic(told);
});

test("a route to a dead port shows its errors within 2 s, and a rollback mends the traffic within 1 s of the click", async (t) => {
  const good = await api.client.version.live.query();
  assert.ok(good !== undefined);
  const { resources } = await api.client.draft.list.query({ kind: "clusters" });
  const [cluster] = resources;
  assert.ok(cluster !== undefined);
  const full = await api.client.draft.get.query({ kind: "clusters", name: cluster.name });
  await api.client.draft.put.mutate({
    kind: "clusters",
    name: cluster.name,
    yaml: full.yaml.replace(`port_value: ${upstreamPort}`, `port_value: ${deadPort}`),
    expectedRevision: full.revision,
  });
  await publishAndWait(api, "route to a dead port");
  const bad = await api.client.version.live.query();
  assert.ok(bad !== undefined);
  const rollBack = async ({ number }: { readonly number: number }): Promise<number> => {
    const { rollout } = await api.client.version.rollback.mutate({ version: number });
    assert.ok(rollout);
    return rollout.id;
  };
  const told = await quickEnough({ "error shown": 2_000, "traffic right again": 1_000 }, async (round) => {
    if (round > 1) await untilEffective(api, await rollBack(bad));
    const path = `/broken-${round}`;
    const brokenAt = performance.now();
    assert.equal((await get(path)).status, 503);
    await waitFor(
      "the error in the access log",
      async () => {
        const found = await api.client.telemetry.searchRequests.query({
          filter: { path, status: "503" },
          limit: 10,
        });
        return found.entries.some((entry) => entry.flags.includes("UF"));
      },
      { deadlineMs: 15_000, intervalMs: 50 },
    );
    const shownMs = performance.now() - brokenAt;
    const clickedAt = performance.now();
    const rollout = await rollBack(good);
    await waitFor("the traffic is right again", async () => (await get("/mended")).status === 200);
    const mendedMs = performance.now() - clickedAt;
    await untilEffective(api, rollout);
    return { "error shown": shownMs, "traffic right again": mendedMs };
  });
  t.diagnostic(told);
  await api.client.draft.resetAll.mutate({});
});

test("the control plane killed under load and started again costs no request", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  let stop = false;
  let done = 0;
  const failures: string[] = [];
  const clients = Array.from({ length: 8 }, async () => {
    while (!stop) {
      try {
        const { status } = await get("/under-load", agent);
        if (status !== 200) failures.push(String(status));
      } catch (error) {
        failures.push(String(error));
      }
      done++;
    }
  });
  await waitFor("some load", () => done > 200);
  const control = execFileSync("pgrep", ["-f", "apps/control/src/main.ts"], { encoding: "utf8" })
    .split("\n")
    .filter((pid) => pid !== "" && readFileSync(`/proc/${pid}/environ`, "utf8").includes(appliance.dataDir));
  assert.equal(control.length, 1);
  const before = done;
  process.kill(Number(control[0]), "SIGKILL");
  await waitFor("the crash is noticed", () => appliance.output().includes("control ended unexpectedly"), {
    deadlineMs: 20_000,
  });
  await waitFor("healthy again", async () => (await fetch(`${appliance.url}/api/health`)).status === 200, {
    deadlineMs: 60_000,
    intervalMs: 100,
  });
  await waitFor(
    "the node is connected again",
    async () =>
      (await api.client.node.list.query()).some((node) => node.id === "local" && node.sync === "effective"),
    { deadlineMs: 60_000, intervalMs: 100 },
  );
  stop = true;
  await Promise.all(clients);
  agent.destroy();
  assert.ok(done > before + 100);
  assert.deepEqual(failures, []);
});

test("while Postgres is away the proxy serves on, the dashboard says so, and all recovers by itself", async () => {
  const resume = suspendPostgres(appliance.dataDir);
  try {
    await waitFor(
      "the dashboard's health says that Postgres is away",
      async () => {
        const response = await fetch(`${appliance.url}/api/health`, { signal: AbortSignal.timeout(10_000) });
        return response.status === 503 && /postgres/i.test(await response.text());
      },
      { deadlineMs: 60_000, intervalMs: 200 },
    );
    for (let n = 0; n < 50; n++) assert.equal((await get("/without-postgres")).status, 200);
  } finally {
    resume();
  }
  await waitFor("healthy again", async () => (await fetch(`${appliance.url}/api/health`)).status === 200, {
    deadlineMs: 60_000,
    intervalMs: 200,
  });
  await publishChange("after Postgres came back");
});

test("a stock Envoy joins with the printed bootstrap, gets the same configuration, and its requests show", {
  skip: hasEnvoy ? false : "envoy is not installed",
}, async () => {
  const [adminPort = 0] = await freePorts(1);
  const yaml = execFileSync(
    process.execPath,
    [
      cli,
      "join",
      "--envoy",
      "--id",
      "edge-1",
      "--control",
      `127.0.0.1:${appliance.xdsPort}`,
      "--admin-port",
      String(adminPort),
    ],
    { encoding: "utf8" },
  );
  const file = join(appliance.dataDir, "edge-1.yaml");
  writeFileSync(file, yaml);
  const envoy = spawn("envoy", ["-c", file, "--concurrency", "1", "--use-dynamic-base-id", "-l", "error"], {
    stdio: "ignore",
  });
  const closed = new Promise((resolve) => envoy.once("close", resolve));
  try {
    await waitFor(
      "edge-1 is effective",
      async () => {
        const node = (await api.client.node.list.query()).find(({ id }) => id === "edge-1");
        return node?.product === "envoy" && node.sync === "effective";
      },
      { deadlineMs: 60_000, intervalMs: 100 },
    );
    await waitFor(
      "a request by edge-1 in the access log",
      async () => {
        // The kernel spreads connections over all sockets of the port: both nodes get some.
        for (let n = 0; n < 10; n++) assert.equal((await get("/either-node")).status, 200);
        const found = await api.client.telemetry.searchRequests.query({
          filter: { path: "/either-node", node: "edge-1" },
          limit: 10,
        });
        return found.entries.length > 0;
      },
      { deadlineMs: 60_000, intervalMs: 200 },
    );
    await publishChange("both nodes");
  } finally {
    envoy.kill("SIGTERM");
    await closed;
  }
});

/** Changes something harmless in the first cluster and publishes it to every connected node. */
async function publishChange(message: string): Promise<void> {
  const { resources } = await api.client.draft.list.query({ kind: "clusters" });
  const [cluster] = resources;
  assert.ok(cluster !== undefined);
  const full = await api.client.draft.get.query({ kind: "clusters", name: cluster.name });
  const timeoutMs = 1_000 + Math.floor(performance.now() % 4_000);
  await api.client.draft.patch.mutate({
    kind: "clusters",
    name: cluster.name,
    edits: [{ op: "set", path: "connect_timeout", value: `${timeoutMs / 1000}s` }],
    expectedRevision: full.revision,
  });
  await publishAndWait(api, message);
}
