import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { rolloutOf } from "../approval/start-or-ask.ts";
import { putResource } from "../draft/put-resource.ts";
import { clusterYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { publish } from "../version/publish.ts";
import { rolloutStatus } from "../version/rollout-status.ts";
import { getNode } from "./get-node.ts";
import { REPLICA_LEASE_MS } from "./lease.ts";
import {
  recordAck,
  recordConnected,
  recordDisconnected,
  recordEffective,
  recordNack,
  recordSent,
} from "./record-node-events.ts";
import { removeNode } from "./remove-node.ts";
import { heartbeatReplica, releaseReplica } from "./replica-lease.ts";

let config: TestConfig;
before(async () => {
  config = await startConfig();
});
after(() => config.close());

const NODE = {
  id: "edge-1",
  cluster: "edge",
  product: "sluice",
  productVersion: "0.1.0",
  labels: { zone: "a" },
  peer: "127.0.0.1:5",
  extensions: [],
  replica: "r1",
  connection: "1",
} as const;

test("a node goes from pending to effective, and a refusal is told in its own words", async () => {
  const ann = config.as("publisher", "ann");
  await heartbeatReplica(ann, "r1");
  await recordConnected(ann, [NODE]);
  await putResource(ann, { kind: "clusters", yaml: clusterYaml("a") });
  const first = await publish(ann, { message: "one" });
  const sync = async () => (await getNode(ann, "edge-1")).sync;
  const event = { id: "edge-1", kind: "clusters", version: 1 } as const;
  assert.equal(await sync(), "pending");
  await recordSent(ann, [event]);
  assert.equal(await sync(), "sent");
  await recordAck(ann, [event]);
  assert.equal(await sync(), "acknowledged");
  assert.equal((await rolloutStatus(ann)).state, "waiting");
  await recordEffective(ann, [event]);
  assert.equal(await sync(), "effective");
  assert.equal((await getNode(ann, "edge-1")).effectiveVersion, 1);
  assert.equal((await rolloutStatus(ann, rolloutOf(first).id)).state, "effective");

  await putResource(ann, { kind: "clusters", yaml: clusterYaml("b") });
  await publish(ann, { message: "two" });
  const next = { ...event, version: 2 };
  await recordSent(ann, [next]);
  await recordNack(ann, [{ ...next, message: "cluster b: no" }]);
  const status = await rolloutStatus(ann);
  assert.equal(status.state, "refused");
  assert.deepEqual(status.nodes[0]?.behind, [
    { kind: "clusters", state: "refused", message: "cluster b: no" },
  ]);
  assert.equal((await getNode(ann, "edge-1")).effectiveVersion, 1);
  assert.equal((await rolloutStatus(ann, rolloutOf(first).id)).state, "superseded");
  await recordAck(ann, [next]);
  assert.equal(await sync(), "acknowledged");
});

test("a late goodbye of an older stream is ignored; a disconnected node is never effective", async () => {
  const ann = config.as("publisher", "ann");
  await recordConnected(ann, [{ ...NODE, connection: "2" }]);
  await recordDisconnected(ann, [{ id: "edge-1", connection: "1" }]);
  assert.equal((await getNode(ann, "edge-1")).connected, true);
  await assert.rejects(removeNode(ann, "edge-1"), { code: "conflict" });
  await recordAck(ann, [{ id: "edge-1", kind: "clusters", version: 2 }]);
  await recordEffective(ann, [{ id: "edge-1", kind: "clusters", version: 2 }]);
  assert.equal((await getNode(ann, "edge-1")).sync, "effective");
  await recordDisconnected(ann, [{ id: "edge-1", connection: "2" }]);
  const gone = await getNode(ann, "edge-1");
  assert.deepEqual([gone.sync, gone.effectiveVersion], ["disconnected", undefined]);
  assert.equal((await rolloutStatus(ann)).state, "no_nodes");
});

test("nodes of a replica that died are disconnected when its lease ends, those of one that left at once", async () => {
  const ann = config.as("publisher", "ann");
  await recordConnected(ann, [{ ...NODE, connection: "3" }]);
  await heartbeatReplica(ann, "r1");
  assert.equal((await getNode(ann, "edge-1")).connected, true);
  config.advance(REPLICA_LEASE_MS + 1);
  assert.equal((await getNode(ann, "edge-1")).connected, false);
  await heartbeatReplica(ann, "r1");
  assert.equal((await getNode(ann, "edge-1")).connected, true);
  await releaseReplica(ann, "r1");
  assert.equal((await getNode(ann, "edge-1")).connected, false);
  await removeNode(ann, "edge-1");
  await assert.rejects(getNode(ann, "edge-1"), { code: "not_found" });
});

test("a type that no connected node implements blocks, events of unknown nodes are dropped", async () => {
  const ann = config.as("publisher", "ann");
  await recordSent(ann, [{ id: "ghost", kind: "clusters", version: 1 }]);
  await heartbeatReplica(ann, "r2");
  const extensions = ["type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"];
  await recordConnected(ann, [{ ...NODE, id: "edge-2", replica: "r2", extensions }]);
  const yaml = `${clusterYaml("typed")}transport_socket:
  name: envoy.transport_sockets.raw_buffer
  typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer }
`;
  const { problems } = await putResource(ann, { kind: "clusters", yaml });
  assert.match(problems[0]?.message ?? "", /RawBuffer is not implemented by node 'edge-2'/);
  assert.equal(problems[0]?.severity, "error");
});
