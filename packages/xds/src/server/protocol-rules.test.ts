import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ClusterLoadAssignmentSchema } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { VirtualHostSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import {
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DiscoveryRequestSchema,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
  ResourceSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import {
  ack,
  c,
  decoded,
  deltaAck,
  deltaNames,
  deltaRequest,
  l,
  names,
  puller,
  r,
  request,
  start,
} from "../testing/stream-fixture.ts";
import { resource, until } from "../testing/xds-fixture.ts";
import { TYPE_URLS } from "../type-urls.ts";

const { cluster, listener, route } = TYPE_URLS;

test("delta: the wildcard and names beside it, each unsubscribed on its own", async (t) => {
  const { source, delta } = start(t);
  source.set("1", { [cluster]: [c("a"), c("b")] });
  const next = puller(delta.responses());
  // Never having named anything means everything.
  delta.receive(deltaRequest({ typeUrl: cluster }));
  const first = await next();
  assert.deepEqual(deltaNames(first), ["a", "b"]);
  delta.receive(deltaAck(first));
  delta.receive(deltaRequest({ typeUrl: cluster, resourceNamesSubscribe: ["a", "odd"] }));
  const second = await next();
  // Asked for by name it is sent again, whatever the client has by the wildcard.
  assert.deepEqual([deltaNames(second), decoded(second).removedResources], [["a"], ["odd"]]);
  delta.receive(deltaAck(second));
  // Unsubscribed by name, it is still had by the wildcard: the client is told either way.
  delta.receive(deltaRequest({ typeUrl: cluster, resourceNamesUnsubscribe: ["a", "odd"] }));
  const third = await next();
  assert.deepEqual([deltaNames(third), decoded(third).removedResources], [["a"], ["odd"]]);
  delta.receive(deltaAck(third));
  delta.receive(deltaRequest({ typeUrl: cluster, resourceNamesSubscribe: ["b"] }));
  delta.receive(deltaAck(await next()));
  delta.receive(deltaRequest({ typeUrl: cluster, resourceNamesUnsubscribe: ["*"] }));
  source.set("2", { [cluster]: [c("a", 2), c("b", 2)] });
  const fourth = await next();
  assert.deepEqual(deltaNames(fourth), ["b"]);
  delta.receive(deltaAck(fourth));
  delta.receive(deltaRequest({ typeUrl: cluster, resourceNamesUnsubscribe: ["b"] }));
  source.set("3", { [cluster]: [c("a", 3), c("b", 3)] });
  assert.equal(await next(), undefined, "nothing is subscribed any more");
  // The wildcard again brings everything.
  delta.receive(deltaRequest({ typeUrl: cluster, resourceNamesSubscribe: ["*"] }));
  assert.deepEqual(deltaNames(await next()), ["a", "b"]);
});

test("state of the world: names end the legacy wildcard, and no names then mean nothing", async (t) => {
  const { source, stream } = start(t);
  source.set("1", { [cluster]: [c("a"), c("b")] });
  const next = puller(stream.responses());
  stream.receive(request({ typeUrl: cluster }));
  const all = await next();
  assert.deepEqual(names(all), ["a", "b"]);
  stream.receive(ack(all, ["*", "a"]));
  const again = await next();
  assert.deepEqual(names(again), ["a", "b"], "what is newly named is sent again, here with the whole");
  stream.receive(ack(again, ["a"]));
  source.set("2", { [cluster]: [c("a", 2), c("b", 2)] });
  const one = await next();
  assert.deepEqual(names(one), ["a"]);
  stream.receive(ack(one, []));
  source.set("3", { [cluster]: [c("a", 3)] });
  assert.equal(await next(), undefined);
});

test("routes, endpoints and secrets that are gone leave after what refers to them was replaced", async (t) => {
  const { source, delta } = start(t);
  const { endpoint } = TYPE_URLS;
  const e = (name: string) => resource(name, ClusterLoadAssignmentSchema, { clusterName: name });
  source.set("1", {
    [cluster]: [c("old")],
    [endpoint]: [e("old")],
    [listener]: [l("one")],
    [route]: [r("old")],
  });
  const next = puller(delta.responses());
  for (const [typeUrl, names] of [
    [cluster, []],
    [endpoint, ["old"]],
    [listener, []],
    [route, ["old"]],
  ] as const) {
    delta.receive(deltaRequest({ typeUrl, resourceNamesSubscribe: [...names] }));
    delta.receive(deltaAck(await next()));
  }
  source.set("2", { [cluster]: [c("new")], [endpoint]: [], [listener]: [l("one", "changed")], [route]: [] });
  const steps: string[] = [];
  for (let step = 0; step < 6; step++) {
    const response = await next();
    if (response === undefined) break;
    const { typeUrl, resources, removedResources } = decoded(response);
    const gone = removedResources.map((name) => ` -${name}`).join("");
    steps.push(
      `${typeUrl.slice(typeUrl.lastIndexOf(".") + 1)} ${resources.map(({ name }) => name).join()}${gone}`,
    );
    delta.receive(deltaAck(response));
  }
  assert.deepEqual(steps, [
    "Cluster new",
    "Listener one",
    "RouteConfiguration  -old",
    "Cluster  -old",
    "ClusterLoadAssignment  -old",
  ]);
});

const TTL_FEATURES = ["xds.config.supports-resource-ttl", "xds.config.supports-resource-in-sotw"];

test("resources with a TTL are told of again before they expire: by delta without their body", async (t) => {
  const { source, observer, delta } = start(t);
  source.set("1", { [cluster]: [{ ...c("mortal"), ttlMs: 40 }, c("immortal")] });
  const responses = delta.responses();
  delta.receive(
    create(DeltaDiscoveryRequestSchema, {
      node: { id: "n", clientFeatures: TTL_FEATURES },
      typeUrl: cluster,
    }),
  );
  const first = decoded((await responses.next()).value as DeltaDiscoveryResponse);
  const ttls = first.resources.map(({ name, ttl }) => [name, ttl?.nanos]).sort();
  assert.deepEqual(ttls, [
    ["immortal", undefined],
    ["mortal", 40_000_000],
  ]);
  delta.receive(deltaAck(first));
  const beat = decoded((await responses.next()).value as DeltaDiscoveryResponse);
  assert.deepEqual(
    beat.resources.map(({ name, version, resource: body, ttl }) => [name, version, body, ttl?.nanos]),
    [["mortal", c("mortal").version, undefined, 40_000_000]],
  );
  delta.receive(deltaAck(beat));
  assert.equal((await responses.next()).value?.resources.length, 0, "and so on");
  assert.deepEqual(observer.lines.slice(1), ["sent Cluster immortal,mortal", "ack Cluster"]);
});

test("by state of the world a heartbeat holds all that the type needs, in a Resource; others get no TTL", async (t) => {
  const { source, stream } = start(t);
  source.set("1", { [cluster]: [{ ...c("mortal"), ttlMs: 40 }, c("immortal")] });
  const responses = stream.responses();
  stream.receive(
    create(DiscoveryRequestSchema, { node: { id: "n", clientFeatures: TTL_FEATURES }, typeUrl: cluster }),
  );
  const decode = (response: DiscoveryResponse) =>
    fromBinary(DiscoveryResponseSchema, toBinary(DiscoveryResponseSchema, response));
  const first = decode((await responses.next()).value as DiscoveryResponse);
  const [mortal] = first.resources;
  assert.equal(mortal?.typeUrl, "type.googleapis.com/envoy.service.discovery.v3.Resource");
  const wrapper = fromBinary(ResourceSchema, mortal.value);
  assert.deepEqual(
    [wrapper.name, wrapper.ttl?.nanos, wrapper.resource?.typeUrl],
    ["mortal", 40_000_000, cluster],
  );
  stream.receive(ack(first));
  const beat = decode((await responses.next()).value as DiscoveryResponse);
  assert.deepEqual(beat.resources, first.resources);

  const plain = start(t);
  plain.source.set("1", { [cluster]: [{ ...c("mortal"), ttlMs: 40 }] });
  plain.stream.receive(request({ typeUrl: cluster }));
  assert.deepEqual(names(await puller(plain.stream.responses())()), ["mortal"]);
});

test("virtual hosts: a route configuration's, and on demand by host, with the asked name as alias", async (t) => {
  const { source, delta } = start(t);
  const { virtualHost } = TYPE_URLS;
  const v = (name: string, ...domains: string[]) => resource(name, VirtualHostSchema, { name, domains });
  source.set("1", {
    [virtualHost]: [
      v("rc/shop", "shop.example", "*.shop.example"),
      v("rc/blog", "blog.example"),
      { ...v("other/x", "x.example"), aliases: ["other/alias"] },
    ],
  });
  const next = puller(delta.responses());
  const ask = async (...names: string[]) => {
    delta.receive(deltaRequest({ typeUrl: virtualHost, resourceNamesSubscribe: names }));
    const response = decoded(await next());
    delta.receive(deltaAck(response));
    return response.resources.map(
      ({ name, aliases, resource: body }) =>
        `${name} [${aliases.join()}]${body === undefined ? " empty" : ""}`,
    );
  };
  assert.deepEqual(await ask("other/alias"), ["other/x [other/alias]"]);
  assert.deepEqual(await ask("rc/a.shop.example"), ["rc/shop [rc/a.shop.example]"]);
  assert.deepEqual(await ask("rc/b.SHOP.example"), ["rc/shop [rc/a.shop.example,rc/b.SHOP.example]"]);
  assert.deepEqual(await ask("rc/nobody.example"), ["rc/nobody.example [rc/nobody.example] empty"]);
  assert.deepEqual(await ask("rc"), ["rc/blog []"]);
  source.set("2", {
    [virtualHost]: [
      v("rc/shop", "shop.example", "*.shop.example", "nobody.example"),
      v("rc/blog", "blog.example"),
    ],
  });
  const changed = decoded(await next());
  assert.deepEqual(changed.resources.map(({ name }) => name).sort(), ["other/alias", "rc/shop"]);
  assert.deepEqual(changed.removedResources.sort(), ["other/x", "rc/nobody.example"]);
});

test("a node that refuses everything waits longer each time, and gets what is newest then", async (t) => {
  const { source, observer, stream } = start(t);
  source.set("0", { [cluster]: [c("a", 0)] });
  stream.receive(request({ typeUrl: cluster }));
  const next = puller(stream.responses());
  const refuse = (response: DiscoveryResponse | undefined): void => {
    stream.receive(
      request({ typeUrl: cluster, responseNonce: response?.nonce ?? "", errorDetail: { message: "no" } }),
    );
  };
  for (let count = 1; count <= 4; count++) {
    refuse(await next());
    source.set(String(count), { [cluster]: [c("a", count)] });
  }
  assert.equal(await next(), undefined, "after four refusals it has to wait");
  source.set("5", { [cluster]: [c("a", 99)] });
  await until(
    "the next response",
    () => observer.lines.filter((line) => line.startsWith("sent")).length >= 4,
  );
  const late = await stream.responses().next();
  assert.deepEqual(names(late.value), ["a"]);
});
