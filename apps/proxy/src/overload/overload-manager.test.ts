import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { apiRegistry } from "@sluice/xds";
import { OverloadManagerSchema } from "@sluice/xds/gen/envoy/config/overload/v3/overload_pb.js";
import { discardingStats } from "../stats/thread-stats.ts";
import { readCgroupMemory } from "./cgroup-memory.ts";
import { OverloadManager } from "./overload-manager.ts";
import { SharedOverloadState } from "./overload-state.ts";

const directory = mkdtempSync(join(tmpdir(), "sluice-overload-"));
after(() => rmSync(directory, { recursive: true, force: true }));
const file = join(directory, "pressure");
const STOP = "envoy.overload_actions.stop_accepting_requests";
const MONITOR = {
  name: "injected",
  typed_config: {
    "@type":
      "type.googleapis.com/envoy.extensions.resource_monitors.injected_resource.v3.InjectedResourceConfig",
    filename: file,
  },
};

/** `draws`: the random numbers, as fractions of all. */
function compile(config: JsonObject, draws: readonly number[] = []) {
  let drawn = 0;
  const uint32 = (): number => Math.floor((draws[drawn++] ?? 0) * 0x1_0000_0000);
  const state = new SharedOverloadState(SharedOverloadState.allocate(), { uint32, uuid: () => "" });
  const told: string[] = [];
  const changes: number[] = [];
  const tell = (message: string): void => void told.push(message);
  const log = { debug: tell, info: tell, warn: tell, error: tell };
  const message = fromJson(OverloadManagerSchema, config, { registry: apiRegistry() });
  const use = { stats: discardingStats(), state, log, onChange: () => changes.push(0) };
  return { compiled: OverloadManager.compile(message, "overload_manager", use), state, told, changes };
}

function problemsOf(config: JsonObject): string[] {
  const { compiled } = compile(config);
  return compiled.ok ? [] : compiled.problems.map(({ path, message }) => `${path}: ${message}`);
}

test("a scaled action is taken as often as its state says", () => {
  const scaled = { scaling_threshold: 0.5, saturation_threshold: 0.9 };
  const actions = [{ name: STOP, triggers: [{ name: "injected", scaled }] }];
  const { compiled, state } = compile({ resource_monitors: [MONITOR], actions }, [0.49, 0.51]);
  assert.ok(compiled.ok);
  writeFileSync(file, "0.7");
  compiled.value.update();
  assert.equal(state.takes(STOP), true);
  assert.equal(state.takes(STOP), false);
  writeFileSync(file, "0.5");
  compiled.value.update();
  assert.equal(state.takes(STOP), false);
});

test("a reading that fails leaves what was known", () => {
  const actions = [{ name: STOP, triggers: [{ name: "injected", threshold: { value: 0.5 } }] }];
  const { compiled, state, told } = compile({ resource_monitors: [MONITOR], actions });
  assert.ok(compiled.ok);
  writeFileSync(file, "1");
  compiled.value.update();
  for (const text of ["", "2", "much"]) {
    writeFileSync(file, text);
    compiled.value.update();
  }
  assert.equal(state.takes(STOP), true);
  assert.equal(told.length, 3);
});

test("what cannot be is refused by its path", () => {
  const threshold = { value: 1 };
  assert.deepEqual(
    problemsOf({
      resource_monitors: [MONITOR, MONITOR],
      actions: [
        { name: "envoy.overload_actions.fly", triggers: [{ name: "injected", threshold }] },
        { name: STOP, triggers: [{ name: "other", threshold }] },
      ],
    }),
    [
      "overload_manager.resource_monitors[1]: Duplicate resource monitor injected",
      "overload_manager.actions[0].name: overload action envoy.overload_actions.fly is not implemented",
      `overload_manager.actions[1].triggers[0]: Unknown trigger resource other for overload action ${STOP}`,
    ],
  );
});

test("an action's settings are its own, and every name is there once", () => {
  const REDUCE = "envoy.overload_actions.reduce_timeouts";
  const scale = (...factors: JsonObject[]): JsonObject => ({
    "@type": "type.googleapis.com/envoy.config.overload.v3.ScaleTimersOverloadActionConfig",
    timer_scale_factors: factors,
  });
  const idle = { timer: "HTTP_DOWNSTREAM_STREAM_IDLE", min_timeout: "2s" };
  const triggers = [{ name: "injected", threshold: { value: 1 } }];
  const point = { name: "envoy.load_shed_points.tcp_listener_accept", triggers };
  assert.deepEqual(
    problemsOf({
      resource_monitors: [MONITOR],
      actions: [
        { name: REDUCE, triggers: [...triggers, ...triggers] },
        { name: REDUCE, triggers, typed_config: scale(idle, idle) },
        { name: STOP, triggers, typed_config: scale(idle) },
      ],
      loadshed_points: [point, point],
    }),
    [
      `overload_manager.actions[0].triggers[1]: Duplicate trigger resource for overload action ${REDUCE}`,
      `overload_manager.actions[0].typed_config: Overload action "${REDUCE}" requires typed_config`,
      `overload_manager.actions[1]: Duplicate overload action ${REDUCE}`,
      "overload_manager.actions[1].typed_config.timer_scale_factors[1]: Found duplicate entry for timer type HTTP_DOWNSTREAM_STREAM_IDLE",
      `overload_manager.actions[2].typed_config: Overload action name "${STOP}" conflicts with its typed config`,
      "overload_manager.loadshed_points[1]: Duplicate load shed point envoy.load_shed_points.tcp_listener_accept",
    ],
  );
  const { compiled } = compile({
    resource_monitors: [MONITOR],
    actions: [
      { name: REDUCE, triggers, typed_config: scale(idle) },
      { name: "envoy.overload_actions.shrink_heap", triggers },
    ],
  });
  assert.ok(compiled.ok);
  assert.deepEqual(compiled.value.workerSettings, {
    timerMinimums: { HTTP_DOWNSTREAM_STREAM_IDLE: { kind: "timeout", ms: 2000 } },
    shrinkHeap: { intervalMs: 10_000, unfreedBytesMax: 100 * 1024 * 1024 },
  });
});

test("streams are reset from a power of two of octets on, which must be said", () => {
  const action = {
    name: "envoy.overload_actions.reset_high_memory_stream",
    triggers: [{ name: "injected", threshold: { value: 0.9 } }],
  };
  assert.deepEqual(problemsOf({ resource_monitors: [MONITOR], actions: [action] }), [
    `overload_manager.buffer_factory_config: Overload action "${action.name}" requires buffer_factory_config.`,
  ]);
  const { compiled } = compile({
    resource_monitors: [MONITOR],
    actions: [action],
    buffer_factory_config: { minimum_account_to_track_power_of_two: 20 },
  });
  assert.ok(compiled.ok);
  assert.deepEqual(compiled.value.workerSettings, { resetStreamsFromBytes: 1_048_576 });
});

test("workers hear of an action that they carry out by themselves when its state changes", () => {
  const actions = ["stop_accepting_connections", "disable_http_keepalive"].map((name, index) => ({
    name: `envoy.overload_actions.${name}`,
    triggers: [{ name: "injected", threshold: { value: index === 0 ? 0.9 : 0.5 } }],
  }));
  const { compiled, changes } = compile({ resource_monitors: [MONITOR], actions });
  assert.ok(compiled.ok);
  const seen = ["0.4", "0.6", "0.95", "1", "0.4"].map((pressure) => {
    writeFileSync(file, pressure);
    compiled.value.update();
    return changes.length;
  });
  assert.deepEqual(seen, [0, 0, 1, 1, 2]);
});

test("a control group's memory counts by its own limit or a lower one", () => {
  const usage = join(directory, "current");
  const limit = join(directory, "max");
  writeFileSync(usage, "500\n");
  writeFileSync(limit, "1000\n");
  assert.equal(readCgroupMemory(0, [[usage, limit]]), 0.5);
  assert.equal(readCgroupMemory(625, [[usage, limit]]), 0.8);
  writeFileSync(limit, "max\n");
  assert.equal(readCgroupMemory(0, [[usage, limit]]), 0);
  assert.throws(() => readCgroupMemory(0, [[`${usage}-none`, limit]]), /no cgroup memory/);
});
