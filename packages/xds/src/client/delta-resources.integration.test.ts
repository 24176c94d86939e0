import assert from "node:assert/strict";
import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { NodeSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import { AggregatedDiscoveryService } from "../../gen/envoy/service/discovery/v3/ads_pb.js";
import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { TYPE_URLS } from "../type-urls.ts";
import { createXdsClient, type XdsClient, type XdsSubscriptionOptions, type XdsUpdate } from "./index.ts";

type ResponseInit = MessageInitShape<typeof DeltaDiscoveryResponseSchema>;

/** What the client sent, and what it is to be sent next. */
class Script {
  readonly requests: DeltaDiscoveryRequest[] = [];
  readonly #waiting: ((response: DeltaDiscoveryResponse) => void)[] = [];
  readonly #queue: DeltaDiscoveryResponse[] = [];
  #nonce = 0;

  send(init: ResponseInit): void {
    const response = create(DeltaDiscoveryResponseSchema, { ...init, nonce: String(++this.#nonce) });
    const next = this.#waiting.shift();
    if (next === undefined) this.#queue.push(response);
    else next(response);
  }

  next(): Promise<DeltaDiscoveryResponse> {
    const ready = this.#queue.shift();
    return ready === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(ready);
  }
}

let script = new Script();
let port = 0;
const sessions = new Set<ServerHttp2Session>();
const server = createServer(
  connectNodeAdapter({
    connect: false,
    grpcWeb: false,
    routes: (router) =>
      router.service(AggregatedDiscoveryService, {
        async *deltaAggregatedResources(requests) {
          const mine = script;
          void (async () => {
            for await (const request of requests) mine.requests.push(request);
          })().catch(() => {});
          for (;;) yield await mine.next();
        },
      }),
  }),
);
server.on("session", (session) => sessions.add(session));
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
after(() => {
  for (const session of sessions) session.destroy();
  server.close();
});

async function until<T>(what: string, probe: () => T | undefined): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const value = probe();
    if (value !== undefined) return value;
    assert.ok(performance.now() < deadline, `in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function subscribed(
  typeUrl: string,
  names: readonly string[] | "*",
  options: XdsSubscriptionOptions,
  run: (use: {
    readonly updates: readonly XdsUpdate[];
    setNames(names: readonly string[]): void;
  }) => Promise<void>,
): Promise<void> {
  script = new Script();
  const client: XdsClient = createXdsClient({
    target: () => ({ host: "127.0.0.1", port }),
    node: create(NodeSchema, { id: "node" }),
    variant: "delta-ads",
    random: Math.random,
  });
  const updates: XdsUpdate[] = [];
  const subscription = client.subscribe(
    typeUrl,
    names,
    (update) => {
      updates.push(update);
      return undefined;
    },
    options,
  );
  try {
    await run({ updates, setNames: (wanted) => subscription.setNames(wanted) });
  } finally {
    await client.close();
  }
}

const SECOND = { seconds: 1n, nanos: 0 };
const LONG = { seconds: 3600n, nanos: 0 };
const value = (typeUrl: string) => ({ typeUrl, value: new Uint8Array(0) });

test("a resource whose heartbeat stops is gone, and one that has no time to live is not", async () => {
  const type = TYPE_URLS.endpoint;
  await subscribed(type, ["a", "b", "c"], {}, async ({ updates }) => {
    script.send({
      typeUrl: type,
      resources: [
        { name: "a", version: "1", resource: value(type), ttl: SECOND },
        { name: "b", version: "1", resource: value(type), ttl: SECOND },
        { name: "c", version: "1", resource: value(type) },
      ],
    });
    await until("the first update", () => updates[0]);
    // A heartbeat has no resource; it is acknowledged and nobody is told of it.
    script.send({ typeUrl: type, resources: [{ name: "b", version: "1", ttl: LONG }] });
    await until("the acknowledgement", () =>
      script.requests.find(({ responseNonce }) => responseNonce === "2"),
    );
    assert.equal(updates.length, 1);
    const expired = await until("the expiry", () => updates[1]);
    assert.deepEqual(expired, { version: "", updated: [], removed: ["a"], full: false });
  });
});

test("a namespace is asked for without its name, names below it with it, and what is unresolved is told", async () => {
  const type = TYPE_URLS.virtualHost;
  await subscribed(type, ["routes"], { namespaces: true }, async ({ updates, setNames }) => {
    const first = await until("the first request", () => script.requests[0]);
    assert.deepEqual([...first.resourceNamesSubscribe], []);
    setNames(["routes", "routes/a.test", "routes/b.test"]);
    const second = await until("the second request", () => script.requests[1]);
    assert.deepEqual([...second.resourceNamesSubscribe], ["routes/a.test", "routes/b.test"]);
    script.send({
      typeUrl: type,
      resources: [
        { name: "routes/a", version: "1", aliases: ["routes/a.test"], resource: value(type) },
        { name: "routes/b.test", version: "1", aliases: ["routes/b.test"] },
      ],
    });
    const update = await until("the update", () => updates[0]);
    assert.deepEqual(
      update.updated.map(({ name, aliases }) => [name, aliases]),
      [["routes/a", ["routes/a.test"]]],
    );
    assert.deepEqual(new Set(update.unresolved), new Set(["routes/b.test"]));
    setNames(["routes", "routes/a.test"]);
    const third = await until("the third request", () =>
      script.requests.find(({ resourceNamesUnsubscribe }) => resourceNamesUnsubscribe.length > 0),
    );
    assert.deepEqual([...third.resourceNamesUnsubscribe], ["routes/b.test"]);
  });
});

test("names besides everything keep everything subscribed, also once they are gone", async () => {
  await subscribed(TYPE_URLS.cluster, "*", {}, async ({ setNames }) => {
    const first = await until("the first request", () => script.requests[0]);
    assert.deepEqual([...first.resourceNamesSubscribe], []);
    setNames(["late"]);
    const second = await until("the second request", () => script.requests[1]);
    assert.deepEqual([...second.resourceNamesSubscribe], ["*", "late"]);
    setNames([]);
    const third = await until("the third request", () => script.requests[2]);
    assert.deepEqual(
      [[...third.resourceNamesSubscribe], [...third.resourceNamesUnsubscribe]],
      [[], ["late"]],
    );
  });
});
