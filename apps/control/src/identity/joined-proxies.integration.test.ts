import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  askNode,
  authorityStatus,
  type Context,
  createJoinToken,
  ensureAuthority,
  exchangeJoinToken,
  getOrder,
  listNodeCertificates,
  listNodes,
  type NodeComparison,
  nodeComparison,
  publish,
  revokeNode,
  rotateAuthority,
} from "@sluice/config";
import {
  installedEnvoy,
  type RecordingUpstream,
  type RunningProxy,
  requestOnce,
  startEnvoy,
  startProcess,
  startRecordingUpstream,
  startSluiceProxy,
  waitFor,
} from "@sluice/harness";
import { readJoinDirectory, renewCredentials, renewDirectory, writeJoinDirectory } from "@sluice/join";
import { createSigningRequest } from "@sluice/join/certificates";
import { readTopScopes } from "@sluice/telemetry";
import { putExample } from "../testing/example-configuration.ts";
import { type ControlDatabase, startControlDatabase } from "../testing/start-control-database.ts";
import { type ControlProcess, startControlProcess } from "../testing/start-control-process.ts";

const PATIENT = { deadlineMs: 60_000 };

const CLI = fileURLToPath(new URL("../../../../packages/cli/src/main.ts", import.meta.url));
const HOUR_MS = 3_600_000;
const KINDS = ["sluice", ...(installedEnvoy() === undefined ? [] : ["envoy" as const])] as const;

let database: ControlDatabase;
let context: Context;
let control: ControlProcess;
let upstream: RecordingUpstream;
const root = mkdtempSync(join(tmpdir(), "sluice-joined-"));
const proxies = new Map<string, RunningProxy>();
const directoryOf = (node: string): string => join(root, node);

before(async () => {
  database = await startControlDatabase();
  ({ context } = database);
  upstream = await startRecordingUpstream();
  upstream.reply({ body: "hello" });
  // No node may come in plain text here: what is seen came over mutual TLS.
  control = await startControlProcess(database.url, 0, { SLUICE_XDS_PLAINTEXT: "never" });
  await putExample(context, upstream.port);
  await publish(context, { message: "for all" });
});

after(async () => {
  for (const proxy of proxies.values()) await proxy.close();
  await control?.process.stop();
  await upstream?.close();
  await database?.close();
  rmSync(root, { recursive: true, force: true });
});

async function sluice(...args: string[]) {
  const running = await startProcess(process.execPath, [CLI, ...args]);
  return { code: await running.ended, output: running.output() };
}

const server = () => `https://127.0.0.1:${control.xdsPort}`;
const serialOf = (pem: string): string => new X509Certificate(pem).serialNumber.toLowerCase();

for (const kind of KINDS) {
  const node = `${kind}-1`;
  const directory = directoryOf(node);

  test(`${kind}: joins with a token by the command line, and files are for its owner only`, async () => {
    const { token } = await createJoinToken(context, { node, labels: { kind } });
    const flags = ["--server", server(), "--out", directory, "--admin-port", "0"];
    const joined = await sluice("join", "--token", token, ...flags, ...(kind === "envoy" ? ["--envoy"] : []));
    assert.equal(joined.code, 0, joined.output);
    assert.match(joined.output, new RegExp(`${node} +20`));
    const modes = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777]);
    assert.deepEqual(Object.fromEntries(modes), {
      "authority.pem": 0o644,
      "bootstrap.yaml": 0o644,
      "certificate.pem": 0o644,
      "join.json": 0o644,
      "key.pem": 0o600,
      "sds-authority.json": 0o644,
      "sds-certificate.json": 0o600,
    });
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    const again = await sluice("join", "--token", token, ...flags);
    assert.equal(again.code, 1);
    assert.match(again.output, /has been used as often as it may be/);
  });

  test(`${kind}: gets its configuration, serves traffic and reports it over mutual TLS`, async () => {
    const yaml = readFileSync(join(directory, "bootstrap.yaml"), "utf8").replace(/^admin:\n(?: .*\n)+/m, "");
    const start = kind === "envoy" ? startEnvoy : startSluiceProxy;
    const proxy = await start({ yaml, ...(kind === "sluice" ? { args: ["--join-dir", directory] } : {}) });
    proxies.set(node, proxy);
    await waitFor(
      `${node} to be effective`,
      async () => {
        const found = (await listNodes(context)).find(({ id }) => id === node);
        return found?.sync === "effective" && found.labels.kind === kind;
      },
      PATIENT,
    );
    assert.deepEqual((await compareNode(node)).differences, []);
    const port = await proxy.listenerPort("main:http");
    const response = await requestOnce(port, { headers: [["host", "shop.example"]] });
    assert.equal(response.status, 200);
    await waitFor(
      "its traffic to be reported",
      async () => {
        const [route] = await readTopScopes(database.sql, { kind: "route", node });
        if (route?.measures.requests === 1) return true;
        throw new Error(`${route?.measures.requests} requests; ${proxy.process.output().slice(-2000)}`);
      },
      PATIENT,
    );
  });

  test(`${kind}: takes over a renewed certificate without losing its connection`, async () => {
    const proxy = proxies.get(node);
    assert.ok(proxy !== undefined);
    const before = (await listNodes(context)).find(({ id }) => id === node);
    const early = await sluice("join", "renew", directory);
    assert.match(early.output, /not due yet/);
    const renewed = await sluice("join", "renew", directory, "--force");
    assert.equal(renewed.code, 0, renewed.output);
    await untilRenewed(node, proxy);
    const port = await proxy.listenerPort("main:http");
    assert.equal((await requestOnce(port, { headers: [["host", "shop.example"]] })).status, 200);
    const now = (await listNodes(context)).find(({ id }) => id === node);
    assert.deepEqual([now?.connected, now?.since, now?.peer], [true, before?.since, before?.peer]);
  });

  test(`${kind}: reconnects with the new certificate when the control plane comes back${kind === "sluice" ? ", and serves from its directory if it starts before that" : ""}`, async () => {
    const port = control.xdsPort;
    await control.process.stop();
    if (kind === "sluice") await restartAlone(node);
    control = await startControlProcess(database.url, port, { SLUICE_XDS_PLAINTEXT: "never" });
    await waitFor(
      "the nodes to be back",
      async () => {
        const nodes = (await listNodes(context)).filter(({ id }) => proxies.has(id));
        return nodes.length > 0 && nodes.every(({ connected }) => connected);
      },
      PATIENT,
    );
  });
}

/** What the node has against the first version: what it joined with is no difference. */
async function compareNode(node: string): Promise<NodeComparison> {
  const order = await waitFor(
    "the node to take orders",
    () => askNode(context, { node, action: "compare", version: 1 }).catch(() => undefined),
    PATIENT,
  );
  await waitFor(
    "its answer",
    async () => (await getOrder(context, order.id)).state === "done" || undefined,
    PATIENT,
  );
  return await nodeComparison(context, order.id);
}

/** As when its machine starts anew while nobody can tell it what to do. */
async function restartAlone(node: string): Promise<void> {
  await proxies.get(node)?.close();
  const directory = directoryOf(node);
  const yaml = readFileSync(join(directory, "bootstrap.yaml"), "utf8").replace(/^admin:\n(?: .*\n)+/m, "");
  const proxy = await startSluiceProxy({ yaml, args: ["--join-dir", directory] });
  proxies.set(node, proxy);
  const port = await proxy.listenerPort("main:http");
  assert.equal((await requestOnce(port, { headers: [["host", "shop.example"]] })).status, 200);
  assert.match(await proxy.admin("/server_info"), /last good configuration on disk, saved at/);
}

test("a Sluice proxy renews a certificate that is due by itself", async () => {
  const node = "sluice-2";
  await joinTwentyHoursAgo(node);
  const yaml = readFileSync(join(directoryOf("sluice-1"), "bootstrap.yaml"), "utf8")
    .replaceAll("sluice-1", node)
    .replace(/^admin:\n(?: .*\n)+/m, "");
  const proxy = await startSluiceProxy({ yaml, args: ["--join-dir", directoryOf(node)] });
  proxies.set(node, proxy);
  await untilRenewed(node, proxy);
  await waitFor(
    "it to be connected",
    async () => (await listNodes(context)).some(({ id, connected }) => id === node && connected),
    PATIENT,
  );
});

test("a revoked node is disconnected at once, keeps serving, and does not come back", async () => {
  await revokeNode(context, "sluice-1");
  const state = async () => (await listNodes(context)).find(({ id }) => id === "sluice-1");
  await waitFor("it to be disconnected", async () => (await state())?.connected === false, PATIENT);
  const proxy = proxies.get("sluice-1");
  const port = await proxy?.listenerPort("main:http");
  assert.ok(proxy !== undefined && port !== undefined);
  assert.equal((await requestOnce(port, { headers: [["host", "shop.example"]] })).status, 200);
  await waitFor(
    "its log to say why",
    () => /the node 'sluice-1' is revoked/.test(proxy.process.output()),
    PATIENT,
  );
  const renewed = await sluice("join", "renew", directoryOf("sluice-1"), "--force");
  assert.equal(renewed.code, 1);
  assert.match(renewed.output, /the node 'sluice-1' is revoked/);
  assert.equal((await state())?.connected, false);
  if (KINDS.length > 1)
    assert.equal((await listNodes(context)).find(({ id }) => id === "envoy-1")?.connected, true);
});

test("the root is changed for another while every node stays; what the old one signed is of no use afterwards", async () => {
  const live = [...proxies.keys()].filter((id) => id !== "sluice-1");
  const early = await createJoinToken(context, { node: "late" });
  const before = (await authorityStatus(context)).signing.fingerprint;
  const oldCredentials = readJoinDirectory(directoryOf("sluice-2"));
  await rotateAuthority(context, { step: "start" });
  await assert.rejects(rotateAuthority(context, { step: "finish" }), { code: "conflict" });
  await waitFor("the new root", async () => (await authorityStatus(context)).next !== undefined, PATIENT);
  await assert.rejects(rotateAuthority(context, { step: "switch" }), (error: unknown) => {
    assert.match(String(error), new RegExp(`${live.length} nodes do not trust the new root yet: .*sluice-2`));
    return true;
  });
  await renewUntilNobodyWaits(live);
  const switched = await rotateAuthority(context, { step: "switch" });
  assert.notEqual(switched.signing.fingerprint, before);
  await renewUntilNobodyWaits(live);
  await rotateAuthority(context, { step: "finish" });
  const port = control.xdsPort;
  await control.process.stop();
  control = await startControlProcess(database.url, port, { SLUICE_XDS_PLAINTEXT: "never" });
  await waitFor(
    "the nodes to be back",
    async () =>
      (await listNodes(context)).filter(({ id, connected }) => connected && live.includes(id)).length ===
      live.length,
    PATIENT,
  );
  await assert.rejects(renewCredentials(oldCredentials), { code: "untrusted" });
  const late = await sluice(
    "join",
    "--server",
    server(),
    "--token",
    early.token,
    "--out",
    directoryOf("late"),
  );
  assert.match(late.output, /another authority than the one that the token was made by/);
  assert.equal((await authorityStatus(context)).phase, "steady");
});

/** At once, as `sluice join renew --force` does; a replica may not know yet that roots have changed. */
async function renewUntilNobodyWaits(nodes: readonly string[]): Promise<void> {
  await waitFor(
    "nobody to wait",
    async () => {
      for (const node of nodes) await renewDirectory(directoryOf(node), { now: new Date(), force: true });
      return (await authorityStatus(context)).waiting.length === 0;
    },
    PATIENT,
  );
  for (const node of nodes) {
    const proxy = proxies.get(node);
    assert.ok(proxy !== undefined);
    await untilRenewed(node, proxy);
  }
}

async function untilRenewed(node: string, proxy: RunningProxy): Promise<void> {
  await waitFor(
    "the proxy to show a renewed certificate",
    async () => {
      const serial = serialOf(readJoinDirectory(directoryOf(node)).certificatePem);
      const [newest] = await listNodeCertificates(context, { node });
      if (newest?.renewed !== true || newest.serial !== serial) return false;
      return (await proxy.admin("/certs")).toLowerCase().includes(serial);
    },
    PATIENT,
  );
}

/** As `sluice join` would have left it twenty hours ago. */
async function joinTwentyHoursAgo(node: string): Promise<void> {
  const authority = await ensureAuthority(context, database.keys);
  const { token } = await createJoinToken(context, { node });
  const { keyPem, requestPem } = await createSigningRequest();
  const { certificatePem } = await exchangeJoinToken(
    { ...context, authority, lifetimeMs: 24 * HOUR_MS, now: () => new Date(Date.now() - 20 * HOUR_MS) },
    { token, node, request: requestPem, peer: "test" },
  );
  const authorityPem = authority.certificatePem;
  writeJoinDirectory(directoryOf(node), { server: server(), keyPem, certificatePem, authorityPem });
}
