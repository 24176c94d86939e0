import assert from "node:assert/strict";
import { request } from "node:https";
import { connect as connectRaw, type Socket } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import {
  Authority,
  createAuthority,
  createSigningRequest,
  readSigningRequest,
} from "@sluice/join/certificates";
import { DiscoveryRequestSchema } from "@sluice/xds/gen/envoy/service/discovery/v3/discovery_pb.js";
import { createXdsServer } from "@sluice/xds/server";
import { Admission } from "../identity/admission.ts";
import { refuse } from "../identity/join-http.ts";
import { connectNode, type NodeTls } from "../testing/joined-node.ts";
import { startGrpcServer } from "./grpc-server.ts";

const ADS = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
const CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const DAY_MS = 86_400_000;

async function start() {
  const authority = await Authority.open(await createAuthority("test", new Date()));
  const xds = createXdsServer({
    source: { snapshotFor: () => ({ version: "1", types: new Map() }), watch: () => () => {} },
    observer: { onStreamOpened() {}, onStreamClosed() {}, onSent() {}, onAck() {}, onNack() {} },
  });
  const server = await startGrpcServer({
    host: "127.0.0.1",
    port: 0,
    routes: [],
    xds,
    admission: new Admission({
      plaintext: "never",
      register: { isRevoked: () => false, validUntilMs: () => 0 },
      now: () => new Date(),
    }),
    join: { handle: async (_request, answer) => refuse(answer, 404, "not_found", "no such thing") },
    onRefused: () => {},
  });
  const renew = async (): Promise<string> => {
    const issued = await authority.issueForServer({ hosts: [], now: new Date(), lifetimeMs: DAY_MS });
    const { certificatePem } = authority;
    server.setCredentials({ ...issued, authorityPem: certificatePem, trustedPem: certificatePem });
    return issued.serial;
  };
  const nodeTls = async (nodeId: string): Promise<NodeTls> => {
    const { keyPem, requestPem } = await createSigningRequest();
    const verified = await readSigningRequest(requestPem);
    assert.ok(typeof verified !== "string");
    const { publicKey } = verified;
    const now = new Date();
    const issued = await authority.issueForNode({ publicKey, nodeId, labels: {}, now, lifetimeMs: DAY_MS });
    return { keyPem, certificatePem: issued.certificatePem };
  };
  return { server, renew, nodeTls };
}

function shownSerial(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber.toLowerCase() ?? "");
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test("a new server certificate is shown to new connections, and those that are open stay", async (t) => {
  const { server, renew, nodeTls } = await start();
  t.after(() => server.close());
  const first = await renew();
  assert.equal(await shownSerial(server.port), first);
  const connection = connectNode(server.port, await nodeTls("edge-1"));
  const call = () =>
    connection.call(ADS, DiscoveryRequestSchema, { node: { id: "edge-1" }, typeUrl: CLUSTER });
  await call().answered;
  const second = await renew();
  assert.equal(await shownSerial(server.port), second);
  await call().answered;
  assert.equal(connection.session.closed, false);
  connection.close();
});

test("nodes that poll by HTTP and JSON are held to their certificates as well", async (t) => {
  const { server, renew, nodeTls } = await start();
  t.after(() => server.close());
  await renew();
  const own = await nodeTls("edge-1");
  const poll = (id: string, tls?: NodeTls) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const asked = request({
        port: server.port,
        path: "/v3/discovery:clusters",
        method: "POST",
        agent: false,
        rejectUnauthorized: false,
        ...(tls === undefined ? {} : { cert: tls.certificatePem, key: tls.keyPem }),
      });
      asked.on("error", reject);
      asked.on("response", (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode, body }));
      });
      asked.end(JSON.stringify({ node: { id } }));
    });
  assert.equal((await poll("edge-1", own)).status, 200);
  const lie = await poll("edge-2", own);
  assert.equal(lie.status, 403);
  assert.match(lie.body, /certificate is of node 'edge-1'/);
  assert.equal((await poll("edge-1")).status, 401);
});

test("before there is a certificate TLS is refused, and garbage costs nothing but its connection", async (t) => {
  const { server, renew } = await start();
  t.after(() => server.close());
  await assert.rejects(shownSerial(server.port));
  const said = async (bytes: string): Promise<Socket> => {
    const socket = connectRaw(server.port, "127.0.0.1");
    socket.on("error", () => {});
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.end(bytes);
    socket.resume();
    await closed;
    return socket;
  };
  await said("");
  await said("\x16\x03\x01garbage that is no handshake");
  await said("GET / HTTP/1.0\r\n\r\n");
  await renew();
  await shownSerial(server.port);
});
