import assert from "node:assert/strict";
import { it } from "node:test";
import { create } from "@bufbuild/protobuf";
import { ConfigSourceSchema } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { StatsRegistry } from "../stats/stats-registry.ts";
import { sourceKey } from "./config-source.ts";
import { ControlPlanes } from "./control-planes.ts";

const stream = create(ConfigSourceSchema, {
  configSourceSpecifier: { case: "apiConfigSource", value: { grpcServices: [{}] } },
});
const ads = create(ConfigSourceSchema, { configSourceSpecifier: { case: "ads", value: {} } });

it("tells of a stream in every subscription that it serves, as long as that lasts", () => {
  const registry = new StatsRegistry();
  const planes = new ControlPlanes(registry);
  const stat = (name: string): unknown => registry.texts().get(`${name}.control_plane.identifier`);
  planes.watchAggregated(registry.root());
  planes.watch(ads, registry.root().scope("aggregated"));
  planes.watch(stream, registry.root().scope("one"));
  const stop = planes.watch(stream, registry.root().scope("two"));
  planes.identified(sourceKey(stream), "first");
  planes.identified("", "main");
  stop();
  planes.identified(sourceKey(stream), "second");
  planes.watch(stream, registry.root().scope("three"));
  assert.equal(registry.texts().get("control_plane.identifier"), "main");
  assert.deepEqual(["aggregated", "one", "two", "three"].map(stat), [undefined, "second", "first", "second"]);
});
