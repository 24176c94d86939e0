import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import {
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { ack, c, l, names, node, puller, r, request, start } from "../testing/stream-fixture.ts";
import { TYPE_URLS } from "../type-urls.ts";

const { cluster, listener, route } = TYPE_URLS;

test("what the responses carry decodes to the resources", async (t) => {
  const { source, stream } = start(t);
  source.set("1", { [cluster]: [c("a"), c("b")] });
  stream.receive(request({ typeUrl: cluster }));
  assert.deepEqual(names(await puller(stream.responses())()), ["a", "b"]);
});

test("one response is in flight per type; a change meanwhile goes out once, after the ACK, as the newest", async (t) => {
  const { source, observer, stream } = start(t);
  source.set("1", { [cluster]: [c("a")] });
  stream.receive(request({ typeUrl: cluster }));
  const next = puller(stream.responses());
  const first = await next();
  source.set("2", { [cluster]: [c("a"), c("b")] });
  source.set("3", { [cluster]: [c("a"), c("b"), c("c")] });
  assert.equal(await next(), undefined);
  stream.receive(ack(first));
  assert.deepEqual(names(await next()), ["a", "b", "c"]);
  assert.deepEqual(observer.lines, ["opened ads n", "sent Cluster a", "ack Cluster", "sent Cluster a,b,c"]);
});

test("a stale nonce is ignored; a repeated one changes the subscription without counting again", async (t) => {
  const { source, observer, stream } = start(t);
  source.set("1", { [route]: [r("x"), r("y")] });
  stream.receive(request({ typeUrl: route, resourceNames: ["x"] }));
  const next = puller(stream.responses());
  const first = await next();
  assert.deepEqual(names(first), ["x"]);
  stream.receive(request({ typeUrl: route, resourceNames: ["x"], responseNonce: "stale" }));
  assert.equal(observer.lines.includes("ack RouteConfiguration"), false);
  stream.receive(ack(first, ["x"]));
  stream.receive(ack(first, ["x", "y"]));
  assert.deepEqual(names(await next()), ["y"]);
  assert.equal(observer.lines.filter((line) => line.startsWith("ack")).length, 1);
});

test("a refusal is told with the node's words, and the same content is not sent again", async (t) => {
  const { source, observer, stream } = start(t);
  source.set("1", { [cluster]: [c("a")] });
  stream.receive(request({ typeUrl: cluster }));
  const next = puller(stream.responses());
  const first = await next();
  stream.receive(
    request({
      typeUrl: cluster,
      responseNonce: first?.nonce ?? "",
      errorDetail: { message: "no good" },
    }),
  );
  assert.equal(observer.lines.at(-1), "nack Cluster no good");
  assert.equal(await next(), undefined);
  source.set("2", { [cluster]: [c("a", 2)] });
  assert.deepEqual(names(await next()), ["a"]);
});

test("listeners and routes wait for the ACK of clusters; removed clusters leave last", async (t) => {
  const { source, observer, stream } = start(t);
  source.set("1", { [cluster]: [c("old")], [listener]: [l("l")], [route]: [r("r", "old")] });
  for (const typeUrl of [route, listener, cluster]) {
    stream.receive(request({ typeUrl, resourceNames: typeUrl === route ? ["r"] : [] }));
  }
  const next = puller(stream.responses());
  for (let count = 0; count < 3; count++) {
    const response = await next();
    stream.receive(ack(response, response?.typeUrl === route ? ["r"] : []));
  }
  observer.lines.length = 0;
  source.set("2", { [cluster]: [c("new")], [listener]: [l("l")], [route]: [r("r", "new")] });
  const union = await next();
  assert.deepEqual(names(union), ["new", "old"]);
  assert.equal(await next(), undefined, "routes wait");
  stream.receive(ack(union));
  const routes = await next();
  assert.equal(routes?.typeUrl, route);
  assert.equal(await next(), undefined, "the old cluster stays until the routes are acknowledged");
  stream.receive(ack(routes, ["r"]));
  assert.deepEqual(names(await next()), ["new"]);
});

test("clusters are kept while a node refuses the routes that replace their use", async (t) => {
  const { source, stream } = start(t);
  source.set("1", { [cluster]: [c("old")], [route]: [r("r", "old")] });
  stream.receive(request({ typeUrl: cluster }));
  stream.receive(request({ typeUrl: route, resourceNames: ["r"] }));
  const next = puller(stream.responses());
  stream.receive(ack(await next()));
  stream.receive(ack(await next(), ["r"]));
  source.set("2", { [cluster]: [c("new")], [route]: [r("r", "new")] });
  stream.receive(ack(await next()));
  const routes = await next();
  const refusal = ack(routes, ["r"]);
  refusal.errorDetail = { $typeName: "google.rpc.Status", code: 3, message: "bad", details: [] };
  stream.receive(refusal);
  assert.equal(await next(), undefined);
  source.set("3", { [cluster]: [c("new")], [route]: [r("r", "newer")] });
  stream.receive(ack(await next(), ["r"]));
  assert.deepEqual(names(await next()), ["new"]);
});

test("a node that never acknowledges clusters holds the others up for a while only", async (t) => {
  const { source, stream } = start(t, 20);
  source.set("1", { [cluster]: [c("a")], [listener]: [l("l")] });
  stream.receive(request({ typeUrl: cluster }));
  stream.receive(request({ typeUrl: listener }));
  const responses = stream.responses();
  assert.equal((await responses.next()).value?.typeUrl, cluster);
  assert.equal((await responses.next()).value?.typeUrl, listener);
});

test("only types whose content changed are sent; for the others the observer learns that they are current", async (t) => {
  const { source, observer, stream } = start(t);
  source.set("1", { [cluster]: [c("a")], [route]: [r("x"), r("y")] });
  stream.receive(request({ typeUrl: cluster }));
  stream.receive(request({ typeUrl: route, resourceNames: ["x"] }));
  const next = puller(stream.responses());
  stream.receive(ack(await next()));
  stream.receive(ack(await next(), ["x"]));
  observer.lines.length = 0;
  source.set("2", { [cluster]: [c("a")], [route]: [r("x"), r("y", "other")] });
  assert.equal(await next(), undefined);
  assert.deepEqual(observer.lines, ["unchanged RouteConfiguration"]);
});

test("delta resumes from the versions that the client has and tells what is gone or never was", async (t) => {
  const { source, observer, delta } = start(t);
  const [a, b] = [c("a"), c("b")];
  source.set("1", { [cluster]: [a, b], [route]: [] });
  delta.receive(
    create(DeltaDiscoveryRequestSchema, {
      node,
      typeUrl: cluster,
      initialResourceVersions: { a: a.version, gone: "1" },
    }),
  );
  const responses = delta.responses();
  const first = (await responses.next()).value as DeltaDiscoveryResponse;
  const decoded = fromBinary(DeltaDiscoveryResponseSchema, toBinary(DeltaDiscoveryResponseSchema, first));
  assert.deepEqual(
    decoded.resources.map(({ name, version }) => [name, version]),
    [["b", b.version]],
  );
  assert.deepEqual(decoded.removedResources, ["gone"]);
  delta.receive(create(DeltaDiscoveryRequestSchema, { typeUrl: route, resourceNamesSubscribe: ["none"] }));
  delta.receive(create(DeltaDiscoveryRequestSchema, { typeUrl: cluster, responseNonce: first.nonce }));
  const second = (await responses.next()).value as DeltaDiscoveryResponse;
  assert.deepEqual(second.removedResources, ["none"]);
  assert.deepEqual(observer.lines.slice(1), [
    "sent Cluster b -gone",
    "ack Cluster",
    "sent RouteConfiguration  -none",
  ]);
});

test("a hostile client is ended: no node, another type, names and types without end", (t) => {
  const refused = (receive: () => void): string => {
    try {
      receive();
    } catch (error) {
      assert.ok(error instanceof ConnectError);
      return error.rawMessage;
    }
    return "accepted";
  };
  assert.match(
    refused(() => start(t).stream.receive(create(DiscoveryRequestSchema, { typeUrl: cluster }))),
    /node with an id/,
  );
  assert.match(
    refused(() => start(t).stream.receive(request({ typeUrl: "" }))),
    /type_url is missing/,
  );
  const many = Array.from({ length: 10 }, (_, index) => String(index).padEnd(1_000_000, "x"));
  assert.match(
    refused(() => start(t).stream.receive(request({ typeUrl: cluster, resourceNames: many }))),
    /too many resource names/,
  );
  const { stream } = start(t);
  assert.match(
    refused(() => {
      for (let index = 0; index < 100; index++) stream.receive(request({ typeUrl: `t/${index}` }));
    }),
    /more than 64 types/,
  );
});
