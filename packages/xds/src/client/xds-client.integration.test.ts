import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { NodeSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import { TypedExtensionConfigSchema } from "../../gen/envoy/config/core/v3/extension_pb.js";
import { ClusterLoadAssignmentSchema } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { SnapshotResource, XdsServerObserver } from "../snapshot-source.ts";
import { MutableSource, type RunningServer, startXdsServer, until } from "../testing/xds-fixture.ts";
import { TYPE_URLS } from "../type-urls.ts";
import { createXdsClient, type XdsClientOptions, type XdsUpdate } from "./index.ts";

const VARIANTS = ["ads", "delta-ads", "sotw", "delta"] as const;

function cluster(name: string, version: string, timeoutS: number): SnapshotResource {
  const value = toBinary(
    ClusterSchema,
    create(ClusterSchema, { name, connectTimeout: { seconds: BigInt(timeoutS) } }),
  );
  return { name, version, value };
}

function assignment(name: string, version: string): SnapshotResource {
  const value = toBinary(
    ClusterLoadAssignmentSchema,
    create(ClusterLoadAssignmentSchema, { clusterName: name }),
  );
  return { name, version, value };
}

/** Clusters and endpoints, as `MutableSource` takes them. */
function types(clusters: readonly SnapshotResource[], endpoints: readonly SnapshotResource[] = []) {
  return { [TYPE_URLS.cluster]: clusters, [TYPE_URLS.endpoint]: endpoints };
}

class Events implements XdsServerObserver {
  readonly lines: string[] = [];
  onStreamOpened(): void {}
  onStreamClosed(): void {}
  onSent(): void {}
  onAck(_stream: unknown, typeUrl: string, version: string): void {
    this.lines.push(`ack ${typeUrl.split(".").at(-1)} ${version}`);
  }
  onNack(_stream: unknown, typeUrl: string, _version: string, message: string): void {
    this.lines.push(`nack ${typeUrl.split(".").at(-1)} ${message}`);
  }
}

function serve(source: MutableSource, observer = new Events(), port = 0): Promise<RunningServer> {
  return startXdsServer({ source, observer }, { port });
}

function optionsFor(variant: XdsClientOptions["variant"], port: () => number): XdsClientOptions {
  return {
    target: () => ({ host: "127.0.0.1", port: port() }),
    node: create(NodeSchema, { id: "n1" }),
    variant,
    setNodeOnFirstMessageOnly: true,
    random: () => 0.5,
    backoff: { baseMs: 20, maxMs: 100 },
  };
}

for (const variant of VARIANTS) {
  test(`${variant}: takes what there is, then changes and removals, and says ACK or NACK with its words`, async () => {
    const source = new MutableSource();
    const events = new Events();
    source.set("1", types([cluster("a", "a1", 1), cluster("b", "b1", 1)]));
    const server = await serve(source, events);
    const updates: XdsUpdate[] = [];
    let refusal: string | undefined;
    const client = createXdsClient(optionsFor(variant, () => server.port));
    try {
      client.subscribe(TYPE_URLS.cluster, "*", (update) => {
        updates.push(update);
        return refusal;
      });
      await until("the first update", () => updates.length === 1);
      assert.deepEqual(updates[0]?.updated.map(({ name }) => name).sort(), ["a", "b"]);
      await until("its ACK", () => events.lines.includes("ack Cluster a=a1,b=b1"));
      assert.equal(client.connected, true);

      refusal = "cluster a: no such thing";
      source.set("2", types([cluster("a", "a2", 2), cluster("b", "b1", 1)]));
      await until("the NACK", () => events.lines.includes("nack Cluster cluster a: no such thing"));
      refusal = undefined;
      source.set("3", types([cluster("a", "a3", 3)]));
      await until("the ACK of the third", () => events.lines.includes("ack Cluster a=a3"));
      const last = updates.at(-1);
      assert.deepEqual(
        last?.updated.map(({ name }) => name),
        ["a"],
      );
      assert.deepEqual(last?.removed, ["b"]);
    } finally {
      await client.close();
      await server.close();
    }
  });

  test(`${variant}: names can be added and dropped on a live subscription`, async () => {
    const source = new MutableSource();
    source.set("1", types([], [assignment("x", "x1"), assignment("y", "y1")]));
    const events = new Events();
    const server = await serve(source, events);
    const seen: string[] = [];
    const client = createXdsClient(optionsFor(variant, () => server.port));
    try {
      const subscription = client.subscribe(TYPE_URLS.endpoint, ["x"], (update) => {
        seen.push(...update.updated.map(({ name, version }) => `${name} ${version.at(-2)}${version.at(-1)}`));
        return undefined;
      });
      await until("x", () => seen.some((each) => each.startsWith("x ")));
      subscription.setNames(["x", "y"]);
      await until("y", () => seen.some((each) => each.startsWith("y ")));
      subscription.setNames(["y"]);
      const before = seen.length;
      source.set("2", types([], [assignment("x", "x2"), assignment("y", "y2")]));
      await until("the change of y", () => seen.length > before);
      assert.ok(!seen.slice(before).some((each) => each.startsWith("x ")), "x is not wanted any more");
    } finally {
      await client.close();
      await server.close();
    }
  });

  test(`${variant}: reconnects with backoff after the server was away, and learns what changed meanwhile`, async () => {
    const source = new MutableSource();
    source.set("1", types([cluster("a", "a1", 1), cluster("b", "b1", 1)]));
    let server = await serve(source);
    const { port } = server;
    const updates: XdsUpdate[] = [];
    const states: boolean[] = [];
    const client = createXdsClient({
      ...optionsFor(variant, () => port),
      onState: (state) => states.push(state.connected),
    });
    try {
      client.subscribe(TYPE_URLS.cluster, "*", (update) => {
        updates.push(update);
        return undefined;
      });
      await until("the first update", () => updates.length === 1);
      await server.close();
      await until("the loss is noticed", () => states.at(-1) === false);
      source.set("2", types([cluster("a", "a2", 2)]));
      server = await serve(source, new Events(), port);
      await until("what changed", () => updates.at(-1)?.removed.includes("b") === true);
      assert.deepEqual(
        updates.at(-1)?.updated.map(({ name }) => name),
        ["a"],
      );
      assert.equal(states.at(-1), true);
    } finally {
      await client.close();
      await server.close();
    }
  });
}

test("nothing within the initial fetch timeout is told, and the subscription goes on", async () => {
  const source = new MutableSource();
  const server = await serve(source);
  let timedOut = 0;
  const seen: string[] = [];
  const client = createXdsClient(optionsFor("ads", () => server.port));
  try {
    client.subscribe(
      TYPE_URLS.cluster,
      "*",
      (update) => {
        seen.push(...update.updated.map(({ name }) => name));
        return undefined;
      },
      {
        initialFetchTimeoutMs: 50,
        onInitialFetchTimeout: () => {
          timedOut++;
        },
      },
    );
    await until("the timeout", () => timedOut === 1);
    source.set("1", types([cluster("late", "l1", 1)]));
    await until("the late answer", () => seen.includes("late"));
    assert.equal(timedOut, 1);
  } finally {
    await client.close();
    await server.close();
  }
});

test("a handler that throws is a NACK, and the next update is handled", async () => {
  const source = new MutableSource();
  source.set("1", types([cluster("a", "a1", 1)]));
  const events = new Events();
  const server = await serve(source, events);
  let fail = true;
  const client = createXdsClient(optionsFor("delta-ads", () => server.port));
  try {
    client.subscribe(TYPE_URLS.cluster, "*", () => {
      if (fail) throw new Error("out of order");
      return undefined;
    });
    await until("the NACK", () => events.lines.includes("nack Cluster internal error: out of order"));
    fail = false;
    source.set("2", types([cluster("a", "a2", 2)]));
    await until("the ACK", () => events.lines.includes("ack Cluster a=a2"));
  } finally {
    await client.close();
    await server.close();
  }
});

for (const variant of ["sotw", "delta"] as const) {
  test(`${variant}: types beside the usual ones are followed on their own services`, async () => {
    const source = new MutableSource();
    const events = new Events();
    const server = await serve(source, events);
    const value = toBinary(TypedExtensionConfigSchema, create(TypedExtensionConfigSchema, { name: "cors" }));
    const cors = { name: "cors", version: "1", value };
    source.set("1", { [TYPE_URLS.extensionConfig]: [cors] });
    const client = createXdsClient(optionsFor(variant, () => server.port));
    const seen: string[] = [];
    try {
      client.subscribe(TYPE_URLS.extensionConfig, ["cors"], ({ updated }) => {
        seen.push(...updated.map(({ name }) => name));
        return undefined;
      });
      await until("the ACK", () => events.lines.includes("ack TypedExtensionConfig cors=1"));
      assert.deepEqual(seen, ["cors"]);
    } finally {
      await client.close();
      await server.close();
    }
  });
}

test("a response that is longer than it may be ends the stream", async () => {
  const source = new MutableSource();
  source.set("1", types(Array.from({ length: 100 }, (_, i) => cluster(`cluster-${i}`, `v${i}`, 1))));
  const server = await serve(source);
  const details: string[] = [];
  const client = createXdsClient({
    ...optionsFor("ads", () => server.port),
    messageBytesMax: 500,
    onState: (state) => {
      if (!state.connected) details.push(state.detail);
    },
  });
  try {
    client.subscribe(TYPE_URLS.cluster, "*", () => assert.fail("it was too long"));
    await until("its end", () => details.length > 0);
    assert.match(details[0] ?? "", /resource_exhausted/);
  } finally {
    await client.close();
    await server.close();
  }
});
