import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { TypedExtensionConfigSchema } from "../../gen/envoy/config/core/v3/extension_pb.js";
import { ClusterLoadAssignmentSchema } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { VirtualHostSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import { ScopedRouteConfigurationSchema } from "../../gen/envoy/config/route/v3/scoped_route_pb.js";
import { SecretSchema } from "../../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { RuntimeSchema } from "../../gen/envoy/service/runtime/v3/rtds_pb.js";
import { packAny } from "../registry/any.ts";
import type { SnapshotResource, XdsVariant } from "../snapshot-source.ts";
import { ProbeClient } from "../testing/probe-client.ts";
import { MutableSource, RecordingObserver, resource, startXdsServer, until } from "../testing/xds-fixture.ts";
import { TYPE_URLS } from "../type-urls.ts";

// What holds whichever way a node asks: aggregated or not, state of the world or delta, streamed or polled.
const VARIANTS: readonly XdsVariant[] = ["ads", "delta-ads", "sotw", "delta", "rest"];
const { cluster, route } = TYPE_URLS;
const c = (name: string, altStatName = "") => resource(name, ClusterSchema, { name, altStatName });
const r = (name: string, host = "h") =>
  resource(name, RouteConfigurationSchema, { name, virtualHosts: [{ name: host }] });

async function start(context: TestContext, variant: XdsVariant) {
  const source = new MutableSource();
  const observer = new RecordingObserver();
  const server = await startXdsServer({ source, observer });
  const probe = new ProbeClient(variant, server.port);
  context.after(async () => {
    probe.close();
    await server.close();
  });
  const state = () => ({ asked: [...probe.asked], lines: observer.lines, failure: probe.failure });
  const has = (typeUrl: string, names: string) =>
    until(`${variant} to have ${names}`, () => probe.held(typeUrl).join() === names, state);
  const seen = (line: RegExp) =>
    until(`${variant}: ${line}`, () => observer.lines.some((each) => line.test(each)), state);
  return { source, observer, probe, server, has, seen };
}

function each(title: string, run: (variant: XdsVariant, context: TestContext) => Promise<void>): void {
  for (const variant of VARIANTS) test(`${variant}: ${title}`, (context) => run(variant, context));
}

each("everything is had, followed and taken away", async (variant, context) => {
  const { source, probe, has, seen } = await start(context, variant);
  source.set("1", { [cluster]: [c("a"), c("b")] });
  probe.ask(cluster, ["*"]);
  await has(cluster, "a,b");
  await seen(/^ack Cluster/);
  const before = probe.content(cluster, "b");
  source.set("2", { [cluster]: [c("b", "changed"), c("new")] });
  await has(cluster, "b,new");
  assert.notEqual(probe.content(cluster, "b"), before);
  source.set("3", { [cluster]: [] });
  await has(cluster, "");
});

each("a client that asks before there is a configuration gets it when it comes", async (variant, context) => {
  const { source, probe, has } = await start(context, variant);
  probe.ask(cluster, ["*"]);
  source.set("1", { [cluster]: [c("late")] });
  await has(cluster, "late");
});

each("names are added and dropped, and one that was not there comes", async (variant, context) => {
  const { source, probe, has } = await start(context, variant);
  source.set("1", { [route]: [r("x"), r("y")] });
  probe.ask(route, ["x"]);
  await has(route, "x");
  probe.ask(route, ["x", "y", "later"]);
  await has(route, "x,y");
  source.set("2", { [route]: [r("x"), r("y"), r("later")] });
  await has(route, "later,x,y");
  probe.ask(route, ["later"]);
  source.set("3", { [route]: [r("x", "other"), r("later", "other")] });
  await until("the change", () => probe.content(route, "later") === contentOf(r("later", "other")));
  await has(route, "later");
  // Dropped and asked for again, it comes again although it was sent once.
  probe.ask(route, ["later", "x"]);
  await has(route, "later,x");
});

each("a refusal is heard, and the next version is sent", async (variant, context) => {
  const { source, observer, probe, has, seen } = await start(context, variant);
  source.set("1", { [cluster]: [c("a")] });
  probe.ask(cluster, ["*"]);
  await has(cluster, "a");
  await seen(/^ack Cluster/);
  probe.refuseNext(cluster, "not like this");
  source.set("2", { [cluster]: [c("a", "bad")] });
  await seen(variant === "rest" ? /^nack Cluster .*asks again/ : /^nack Cluster not like this/);
  source.set("3", { [cluster]: [c("a", "good")] });
  await until("the better one", () => probe.content(cluster, "a") === contentOf(c("a", "good")));
  assert.ok(observer.lines.some((line) => line.startsWith("ack Cluster")));
});

each("a client that comes back is sent only what changed meanwhile", async (variant, context) => {
  const { source, observer, probe, has, seen } = await start(context, variant);
  const all = Array.from({ length: 20 }, (_, index) => c(`c${String(index).padStart(2, "0")}`));
  source.set("1", { [cluster]: all });
  probe.ask(cluster, ["*"]);
  await has(cluster, all.map(({ name }) => name).join());
  await seen(/^ack Cluster/);
  observer.lines.length = 0;
  probe.reconnect();
  // Delta answers a wildcard even when nothing changed; the others have nothing to say.
  if (variant === "delta" || variant === "delta-ads") await seen(/^sent Cluster $/);
  else if (variant !== "rest") await seen(/^unchanged Cluster/);
  source.set("2", { [cluster]: [...all.slice(1), c("c00", "changed")] });
  await until("the change", () => probe.content(cluster, "c00") === contentOf(c("c00", "changed")));
  const sent = observer.lines.filter((line) => line.startsWith("sent Cluster c"));
  const isDelta = variant === "delta" || variant === "delta-ads";
  assert.deepEqual(sent, [`sent Cluster ${isDelta ? "c00" : all.map(({ name }) => name).join()}`]);
});

each("every type has its service", async (variant, context) => {
  const { source, probe, has } = await start(context, variant);
  const resources: Record<string, SnapshotResource> = {
    [TYPE_URLS.cluster]: c("it"),
    [TYPE_URLS.endpoint]: resource("it", ClusterLoadAssignmentSchema, { clusterName: "it" }),
    [TYPE_URLS.listener]: resource("it", ListenerSchema, { name: "it" }),
    [TYPE_URLS.route]: r("it"),
    [TYPE_URLS.scopedRoute]: resource("it", ScopedRouteConfigurationSchema, { name: "it" }),
    [TYPE_URLS.secret]: resource("it", SecretSchema, { name: "it" }),
    [TYPE_URLS.runtime]: resource("it", RuntimeSchema, { name: "it" }),
    [TYPE_URLS.extensionConfig]: resource("it", TypedExtensionConfigSchema, {
      name: "it",
      typedConfig: packAny(StringValueSchema, create(StringValueSchema, { value: "x" })),
    }),
    [TYPE_URLS.virtualHost]: resource("r/it", VirtualHostSchema, { name: "r/it", domains: ["it"] }),
  };
  source.set("1", Object.fromEntries(Object.entries(resources).map(([type, one]) => [type, [one]])));
  for (const typeUrl of Object.keys(resources)) {
    // The API has virtual hosts by delta alone; on the aggregated stream they are had either way.
    if (typeUrl === TYPE_URLS.virtualHost && (variant === "sotw" || variant === "rest")) continue;
    const name = resources[typeUrl]?.name ?? "";
    probe.ask(typeUrl, [name]);
    await has(typeUrl, name);
  }
});

each("errors of single resources are told to those who ask for them", async (variant, context) => {
  if (variant === "rest") return;
  const { source, probe, has } = await start(context, variant);
  const errors = new Map([["secret", { code: 7, message: "not for this node" }]]);
  source.set("1", { [route]: [r("x")] }, { [route]: errors });
  probe.ask(route, ["x", "secret"]);
  await has(route, "x");
  const told = () => probe.asked.get(route)?.told ?? [];
  await until("the error", () => told().includes("not for this node"), told);
});

function contentOf({ value }: SnapshotResource): string {
  return Buffer.from(value).toString("base64url");
}
