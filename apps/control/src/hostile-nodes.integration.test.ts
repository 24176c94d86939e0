import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { type Context, getResource, importYaml, publish, putResource } from "@sluice/config";
import { waitFor } from "@sluice/harness";
import { TYPE_URLS } from "@sluice/xds";
import { createXdsClient, type XdsClient } from "@sluice/xds/client";
import { NodeSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { exampleCluster } from "./testing/example-configuration.ts";
import { framed, HostilePeer, prefix } from "./testing/hostile-peer.ts";
import { startControlDatabase } from "./testing/start-control-database.ts";
import { type ControlProcess, startControlProcess } from "./testing/start-control-process.ts";

/** The whole configuration is about half a megabyte. */
const CLUSTERS = 400;
const PADDING = "x".repeat(1_000);
const PUBLISHES = 2;
/** A publish takes some 0.1 s on a quiet machine. */
const ACK_MAX_MS = 10_000;
const GROWTH_MAX_MIB = 220;
const EXHAUSTED = "8";
const INVALID = "3";

const cleanUp: (() => Promise<void> | void)[] = [];
let context: Context;
let control: ControlProcess;
let wellBehaved: XdsClient;
let seen = "";
let round = 0;

function clusterOf(index: number, marker: string): string {
  const name = `cluster-${index}`;
  return `${exampleCluster(name, 9)}\nalt_stat_name: ${marker}\nmetadata: { filter_metadata: { padding: { text: ${PADDING} } } }\n`;
}

function follow(id: string, onClusters: (marker: string) => string | undefined): XdsClient {
  const client = createXdsClient({
    target: () => ({ host: "127.0.0.1", port: control.xdsPort }),
    node: create(NodeSchema, { id }),
    variant: "delta-ads",
    random: () => 0.5,
    backoff: { baseMs: 20, maxMs: 100 },
  });
  client.subscribe(TYPE_URLS.cluster, "*", async ({ updated }) => {
    const bytes = updated.find(({ name }) => name === "cluster-0")?.value;
    const marker = /round-\d+/.exec(Buffer.from(bytes ?? "").toString("latin1"))?.[0];
    return marker === undefined ? undefined : onClusters(marker);
  });
  return client;
}

before(async () => {
  const database = await startControlDatabase();
  cleanUp.push(() => database.close());
  ({ context } = database);
  const type = `"@type": type.googleapis.com/envoy.config.cluster.v3.Cluster`;
  const items = Array.from({ length: CLUSTERS }, (_, index) => {
    const lines = `${type}\n${clusterOf(index, "round-0").trim()}`.split("\n");
    return `- ${lines.join("\n  ")}`;
  });
  await importYaml(context, { text: `resources:\n${items.join("\n")}\n` });
  await publish(context, { message: "everything" });
  control = await startControlProcess(database.url);
  cleanUp.push(() => control.process.stop());
  wellBehaved = follow("well-behaved", (marker) => {
    seen = marker;
    return undefined;
  });
  cleanUp.push(() => wellBehaved.close());
  await waitFor("the first configuration", () => seen === "round-0");
});
after(async () => {
  for (const step of cleanUp.reverse()) await step();
});

/** Publishes a change of one cluster: milliseconds until the well-behaved node has it. */
async function publishToAck(): Promise<number> {
  const marker = `round-${++round}`;
  const ref = { kind: "clusters", name: "cluster-0" } as const;
  const { revision } = await getResource(context, ref);
  await putResource(context, { ...ref, yaml: clusterOf(0, marker), expectedRevision: revision });
  const startedMs = performance.now();
  await publish(context, { message: marker });
  await waitFor(marker, () => seen === marker, { deadlineMs: 60_000 });
  return performance.now() - startedMs;
}

function residentMib(): number {
  const status = readFileSync(`/proc/${control.process.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** What `attack` does goes on while changes are published. */
function withstands(title: string, attack: (peer: HostilePeer) => Promise<void>): void {
  test(`a node that ${title} costs the others nothing`, {
    skip: process.platform === "linux" ? false : "memory is read from /proc",
  }, async (t) => {
    const beforeMib = residentMib();
    const peer = new HostilePeer(control.xdsPort);
    try {
      await attack(peer);
      const acks: number[] = [];
      let peakMib = 0;
      for (let count = 0; count < PUBLISHES; count++) {
        acks.push(await publishToAck());
        peakMib = Math.max(peakMib, residentMib());
      }
      t.diagnostic(
        `publish to ACK ${acks.map((ms) => ms.toFixed(0)).join(", ")} ms; memory ${beforeMib.toFixed(0)} → ${peakMib.toFixed(0)} MiB`,
      );
      assert.ok(Math.max(...acks) < ACK_MAX_MS, `publish to ACK: ${acks}`);
      assert.ok(peakMib - beforeMib < GROWTH_MAX_MIB, `memory: ${beforeMib} → ${peakMib} MiB`);
      const newcomer = Promise.withResolvers<void>();
      const client = follow(`newcomer-${round}`, () => {
        newcomer.resolve();
        return undefined;
      });
      await newcomer.promise;
      await client.close();
      assert.equal(control.process.exit(), undefined);
    } finally {
      peer.close();
    }
  });
}

withstands("refuses everything", async () => {
  let refusals = 0;
  const clients = Array.from({ length: 20 }, (_, index) =>
    follow(`refuses-${index}`, () => {
      refusals++;
      return `no: ${"because ".repeat(2_000)}`;
    }),
  );
  cleanUp.push(async () => {
    await Promise.all(clients.map((client) => client.close()));
  });
  await waitFor("refusals", () => refusals >= 20, { deadlineMs: 60_000 });
});

withstands("connects again and again", async (peer) => {
  const request = framed({ node: { id: "again" }, typeUrl: TYPE_URLS.cluster });
  let times = 0;
  const again = async (): Promise<void> => {
    for (;;) {
      const session = await peer.session();
      const { stream } = peer.call(session, request);
      stream.resume();
      await new Promise((resolve) => setTimeout(resolve, 10));
      session.destroy();
      times++;
    }
  };
  // Each ends when the control plane turns it away, at the latest with the peer.
  for (let count = 0; count < 10; count++) again().catch(() => {});
  await waitFor("connections", () => times > 300, { deadlineMs: 60_000 });
});

withstands("does not read", async (peer) => {
  for (let count = 0; count < 10; count++) {
    const session = await peer.session({ initialWindowSize: 0 });
    for (let index = 0; index < 100; index++) {
      const node = { id: `unread-${count}-${index}` };
      peer.call(session, framed({ node, typeUrl: TYPE_URLS.cluster })).stream.pause();
    }
    const deaf = await peer.socket();
    deaf.pause();
  }
});

withstands("sends what is no HTTP/2, no gRPC and no protobuf", async (peer) => {
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  for (let count = 0; count < 100; count++) {
    const garbage = randomBytes(4_096);
    for (const bytes of [garbage, Buffer.concat([preface, garbage])]) (await peer.socket()).write(bytes);
  }
  const session = await peer.session();
  const broken = Buffer.concat([prefix(4), Buffer.from([0x0a, 0xff, 0xff, 0xff])]);
  assert.equal(await peer.call(session, broken).status, INVALID);
  assert.equal(await peer.call(session, prefix(100 * 1024 * 1024)).status, EXHAUSTED);
  assert.equal(await peer.call(session, framed({ typeUrl: TYPE_URLS.cluster })).status, INVALID);
});

withstands("begins large requests and never ends them", async (peer) => {
  const part = Buffer.concat([prefix(16 * 1024 * 1024), Buffer.alloc(8 * 1024 * 1024)]);
  const sessions = await Promise.all(Array.from({ length: 4 }, () => peer.session()));
  const statuses = sessions.flatMap((session) =>
    Array.from({ length: 4 }, () => peer.call(session, part).status),
  );
  assert.equal(
    await Promise.any(statuses.map(async (status) => assert.equal(await status, EXHAUSTED))),
    undefined,
  );
});

withstands("opens very many streams", async (peer) => {
  let refused = 0;
  for (let count = 0; count < 4; count++) {
    const session = await peer.session();
    for (let index = 0; index < 900; index++) {
      void peer.call(session).status.then((status) => {
        if (status === EXHAUSTED) refused++;
      });
    }
  }
  await waitFor("refusals", () => refused >= 1_600 - 1, { deadlineMs: 60_000 });
});
