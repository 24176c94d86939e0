import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { networkInterfaces } from "node:os";
import { after, before, test } from "node:test";
import { type Context, createJoinToken, ensureAuthority, listNodes, revokeNode } from "@sluice/config";
import { waitFor } from "@sluice/harness";
import { JoinError, joinControlPlane, renewCredentials } from "@sluice/join";
import {
  Authority,
  createAuthority,
  createSigningRequest,
  readSigningRequest,
} from "@sluice/join/certificates";
import { readTrace } from "@sluice/telemetry";
import { StreamAccessLogsMessageSchema } from "@sluice/xds/gen/envoy/service/accesslog/v3/als_pb.js";
import { DiscoveryRequestSchema } from "@sluice/xds/gen/envoy/service/discovery/v3/discovery_pb.js";
import { StreamMetricsMessageSchema } from "@sluice/xds/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import { ExportTraceServiceRequestSchema } from "@sluice/xds/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import { connectNode, type NodeConnection, type NodeTls } from "../testing/joined-node.ts";
import { type ControlDatabase, startControlDatabase } from "../testing/start-control-database.ts";
import { type ControlProcess, startControlProcess } from "../testing/start-control-process.ts";

const PATIENT = { deadlineMs: 60_000 };

const ADS = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
const METRICS = "/envoy.service.metrics.v3.MetricsService/StreamMetrics";
const LOGS = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";
const SPANS = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const DAY_MS = 86_400_000;

let database: ControlDatabase;
let context: Context;
let control: ControlProcess;
const open: NodeConnection[] = [];

before(async () => {
  database = await startControlDatabase();
  ({ context } = database);
  // On every address, so that plain text can come from another than loopback.
  control = await startControlProcess(database.url, 0, { SLUICE_XDS_HOST: "0.0.0.0" });
});

after(async () => {
  for (const connection of open) connection.close();
  await control?.process.stop();
  await database?.close();
});

function connect(tls: NodeTls | "anonymous" | "plain", host?: string): NodeConnection {
  const connection = connectNode(control.xdsPort, tls, host);
  open.push(connection);
  return connection;
}

const server = () => `https://127.0.0.1:${control.xdsPort}`;

async function joined(node: string, labels: Readonly<Record<string, string>> = {}) {
  const { token } = await createJoinToken(context, { node, labels });
  return await joinControlPlane({ server: server(), token });
}

const request = (id: string) => ({ node: { id, cluster: "c" }, typeUrl: CLUSTER });
const stream = (connection: NodeConnection, id: string) =>
  connection.call(ADS, DiscoveryRequestSchema, request(id));

test("a node with a certificate gets its configuration, and has the labels of its token whatever it says", async () => {
  const credentials = await joined("edge-1", { zone: "a" });
  const call = connect(credentials).call(ADS, DiscoveryRequestSchema, {
    ...request("edge-1"),
    node: { id: "edge-1", metadata: { sluice: { labels: { zone: "b", tier: "secret" } } } },
  });
  await call.answered;
  const node = await waitFor(
    "the node in the list",
    async () => (await listNodes(context)).find(({ id, connected }) => id === "edge-1" && connected),
    PATIENT,
  );
  assert.deepEqual(node.labels, { zone: "a" });
});

test("who says that it is another node than its certificate does is refused, in each service", async () => {
  const connection = connect(await joined("edge-2"));
  const lie = {
    code: "7",
    message: "this certificate is of node 'edge-2', but the request says that it comes from 'edge-1'",
  };
  assert.deepEqual(await stream(connection, "edge-1").status, lie);
  const node = { id: "edge-1" };
  const metrics = connection.call(METRICS, StreamMetricsMessageSchema, { identifier: { node } });
  assert.deepEqual(await metrics.status, lie);
  const logs = connection.call(LOGS, StreamAccessLogsMessageSchema, { identifier: { node, logName: "l" } });
  assert.deepEqual(await logs.status, lie);

  const traceId = new Uint8Array(16).fill(7);
  const attribute = { key: "node_id", value: { value: { case: "stringValue" as const, value: "edge-1" } } };
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const times = { startTimeUnixNano: nowNs - 1000n, endTimeUnixNano: nowNs };
  const span = { traceId, spanId: new Uint8Array(8).fill(7), name: "s", attributes: [attribute], ...times };
  const resourceSpans = [{ resource: { attributes: [] }, scopeSpans: [{ spans: [span] }] }];
  const spans = connection.call(SPANS, ExportTraceServiceRequestSchema, { resourceSpans }, { end: true });
  assert.equal((await spans.status).code, "0");
  await waitFor(
    "the span, as the certificate's node's",
    async () => {
      const [seen, ...more] = await readTrace(database.sql, "07".repeat(16));
      return seen?.node === "edge-2" && more.length === 0;
    },
    PATIENT,
  );
});

test("no certificate, a foreign one, an expired one and a control plane's own are refused with the reason", async () => {
  const refusalOf = async (tls: NodeTls | "anonymous") => {
    const { code, message } = await stream(connect(tls), "edge-1").status;
    assert.equal(code, "16");
    return message;
  };
  assert.match(await refusalOf("anonymous"), /a client certificate is needed; join this node first/);

  const { keyPem, requestPem } = await createSigningRequest();
  const verified = await readSigningRequest(requestPem);
  assert.ok(typeof verified !== "string");
  const forNode = { publicKey: verified.publicKey, nodeId: "edge-1", labels: {}, lifetimeMs: DAY_MS };
  const foreign = await Authority.open(await createAuthority("Sluice node authority", new Date()));
  const forged = await foreign.issueForNode({ ...forNode, now: new Date() });
  assert.match(
    await refusalOf({ keyPem, certificatePem: forged.certificatePem }),
    /not of this control plane's authority \(/,
  );
  const own = await ownAuthority();
  const old = await own.issueForNode({ ...forNode, now: new Date(Date.now() - 2 * DAY_MS) });
  assert.match(
    await refusalOf({ keyPem, certificatePem: old.certificatePem }),
    /has expired at .*Z: join again/,
  );
  const peer = await own.issueForServer({ hosts: [], now: new Date(), lifetimeMs: DAY_MS });
  assert.match(await refusalOf(peer), /not of this control plane's authority|is not a node's/);
});

function ownAuthority(): Promise<Authority> {
  return ensureAuthority(context, database.keys);
}

test("revoking ends the streams at once; the node can neither come back nor renew, and says so in its log's words", async () => {
  const credentials = await joined("edge-3");
  const connection = connect(credentials);
  await stream(connection, "edge-3").answered;
  await revokeNode(context, "edge-3");
  await connection.closed;
  // Open connections are looked at whenever something may have changed: one that comes meanwhile may end before it is answered.
  const again = await waitFor(
    "an answer",
    async () => {
      const answer = await stream(connect(credentials), "edge-3").status;
      return answer.code !== "broken" && answer;
    },
    PATIENT,
  );
  assert.deepEqual(again, { code: "16", message: "the node 'edge-3' is revoked" });
  await assert.rejects(renewCredentials(credentials), { name: "JoinError", message: /is revoked/ });
  await waitFor(
    "the node to show as disconnected",
    async () => (await listNodes(context)).some(({ id, connected }) => id === "edge-3" && !connected),
    PATIENT,
  );
});

test("renewing costs no stream, and the new certificate is as good", async () => {
  const held = await joined("edge-9", { zone: "c" });
  const connection = connect(held);
  const call = stream(connection, "edge-9");
  await call.answered;
  const renewed = await renewCredentials(held);
  assert.notEqual(renewed.keyPem, held.keyPem);
  await stream(connect(renewed), "edge-9").answered;
  // The first connection is still there, and takes another stream.
  await stream(connection, "edge-9").answered;
  assert.equal(connection.session.closed, false);
  const ended = await Promise.race([call.status, Promise.resolve("open")]);
  assert.equal(ended, "open");
});

test("plain text comes from this machine only, unless another policy is set", async (t) => {
  await stream(connect("plain"), "plain-1").answered;
  const address = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
  if (address === undefined) return t.skip("this machine has loopback addresses only");
  const { code, message } = await stream(connect("plain", address), "plain-2").status;
  assert.equal(code, "16");
  assert.match(message, /plain text is allowed from this machine only; join this node first/);
  const overTls = stream(connect(await joined("edge-4"), address), "edge-4");
  await overTls.answered;
});

test("a token is told to the control plane that it was made by and to nobody else, and works once", async () => {
  const { token } = await createJoinToken(context, { node: "edge-5" });
  const parts = token.split(".");
  const other = [...parts.slice(0, 3), createHash("sha256").update("x").digest("base64url")].join(".");
  const refusedAs = async (code: string, asked: string, node?: string) => {
    const refusal = await joinControlPlane({ server: server(), token: asked, node }).catch((error) => error);
    assert.ok(refusal instanceof JoinError, String(refusal));
    assert.equal(refusal.code, code, refusal.message);
  };
  await refusedAs("untrusted", other);
  await refusedAs("wrong_node", token, "edge-6");
  await joinControlPlane({ server: server(), token });
  await refusedAs("spent", token);
  await refusedAs("invalid", "slj1.x");
});

test("who guesses tokens has to wait; nodes that renew and nodes that are in do not", async () => {
  const held = await joined("edge-7");
  const { token } = await createJoinToken(context, { node: "edge-8" });
  const [prefix, id, , fingerprint] = token.split(".");
  const guess = [prefix, id, createHash("sha256").update("guess").digest("base64url"), fingerprint].join(".");
  const codes = new Set<string>();
  for (let attempt = 0; attempt < 12; attempt++) {
    const error = await joinControlPlane({ server: server(), token: guess }).catch((refusal) => refusal);
    codes.add(error.code);
  }
  assert.deepEqual([...codes].toSorted(), ["too_many", "unknown_token"]);
  await renewCredentials(held);
  await stream(connect(held), "edge-7").answered;
});
