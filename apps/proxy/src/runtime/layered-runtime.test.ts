import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fromJson } from "@bufbuild/protobuf";
import { waitFor } from "@sluice/harness";
import { LayeredRuntimeSchema } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { StatsRegistry } from "../stats/stats-registry.ts";
import { RuntimeLayers } from "./layered-runtime.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };

function compile(layers: unknown[], stats = new StatsRegistry()) {
  const config = fromJson(LayeredRuntimeSchema, { layers: layers as never });
  const options = { serviceCluster: "shop", stats: stats.root().scope("runtime"), log };
  return RuntimeLayers.compile(config, "layered_runtime", options);
}

test("a directory is a layer, which is read anew when its link is replaced", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-runtime-"));
  try {
    for (const [version, value] of [
      ["v1", "1"],
      ["v2", "2"],
    ] as const) {
      mkdirSync(join(dir, version, "envoy", "health"), { recursive: true });
      writeFileSync(join(dir, version, "envoy", "health", "max"), `# how many\n${value}\n`);
      writeFileSync(join(dir, version, "envoy", "on"), "true");
      mkdirSync(join(dir, version, "override", "shop"), { recursive: true });
      writeFileSync(join(dir, version, "override", "shop", "on"), "false");
    }
    symlinkSync(join(dir, "v1"), join(dir, "current"));
    const stats = new StatsRegistry();
    const runtime = compile(
      [
        { name: "base", staticLayer: { "health.max": 0, other: "x" } },
        { name: "disk", diskLayer: { symlinkRoot: join(dir, "current"), subdirectory: "envoy" } },
        {
          name: "override",
          diskLayer: {
            symlinkRoot: join(dir, "current"),
            subdirectory: "override",
            appendServiceCluster: true,
          },
        },
        { name: "admin", adminLayer: {} },
      ],
      stats,
    );
    assert.ok(runtime.ok);
    const layers = runtime.value;
    assert.deepEqual(layers.merged(), { "health.max": 1, other: "x", on: false });
    let changes = 0;
    layers.watch(() => changes++);
    symlinkSync(join(dir, "v2"), join(dir, "next"));
    renameSync(join(dir, "next"), join(dir, "current"));
    await waitFor("the new values", () => (changes > 0 ? true : undefined));
    assert.equal(layers.merged()["health.max"], 2);
    assert.equal(layers.modify([["on", "true"]]), true);
    assert.equal(layers.merged().on, true);
    assert.equal(stats.value("runtime.num_layers"), 4);
    assert.equal(stats.value("runtime.admin_overrides_active"), 1);
    assert.equal(stats.value("runtime.num_keys"), 3);
    layers.stop();
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a directory that is not there is no layer", () => {
  const stats = new StatsRegistry();
  const runtime = compile([{ name: "disk", diskLayer: { symlinkRoot: "/nonexistent" } }], stats);
  assert.ok(runtime.ok);
  assert.deepEqual(runtime.value.merged(), {});
  assert.equal(stats.value("runtime.override_dir_not_exists"), 1);
  assert.deepEqual(runtime.value.layers, []);
  assert.equal(stats.value("runtime.num_layers"), 0);
});

test("two admin layers and two of one name are refused", () => {
  const runtime = compile([
    { name: "a", adminLayer: {} },
    { name: "a", adminLayer: {} },
  ]);
  assert.equal(runtime.ok, false);
  if (!runtime.ok) {
    assert.deepEqual(
      runtime.problems.map(({ message }) => message),
      [
        "Duplicate layer name: a",
        "Too many admin layers specified in LayeredRuntime, at most one may be specified",
      ],
    );
  }
});
