import type { Compiled, Counter, Gauge, Log, Problem, StatsScope } from "@sluice/extension-api";
import type { OverloadManager as OverloadManagerConfig } from "@sluice/xds/gen/envoy/config/overload/v3/overload_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import type { SupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import {
  type Action,
  compileAction,
  compilePoint,
  type Point,
  type RuleContext,
  type Triggers,
} from "./compile-overload-rules.ts";
import { HeapShrinker, SHRINK_COUNTER } from "./heap-shrinker.ts";
import type { OverloadWorkerSettings } from "./overload-settings.ts";
import { CARRIED_OUT_FROM, OVERLOAD_ACTIONS, type SharedOverloadState } from "./overload-state.ts";
import { compileResourceMonitor } from "./resource-monitors.ts";

const REFRESH_MS = 1000;
const RESET_STREAMS = "envoy.overload_actions.reset_high_memory_stream";
const SHRINK_HEAP = "envoy.overload_actions.shrink_heap";

/** Part of the bootstrap's. */
export const OVERLOAD_SUPPORTED_FIELDS: SupportedFields = {
  "envoy.config.overload.v3.OverloadManager": [
    "refresh_interval",
    "resource_monitors",
    "actions",
    "loadshed_points",
    "buffer_factory_config",
  ],
  "envoy.config.overload.v3.BufferFactoryConfig": ["minimum_account_to_track_power_of_two"],
  "envoy.config.overload.v3.ResourceMonitor": ["name", "typed_config"],
  "envoy.config.overload.v3.OverloadAction": ["name", "triggers", "typed_config"],
  "envoy.config.overload.v3.ScaleTimersOverloadActionConfig": ["timer_scale_factors"],
  "envoy.config.overload.v3.ScaleTimersOverloadActionConfig.ScaleTimer": [
    "timer",
    "min_timeout",
    "min_scale",
  ],
  "envoy.config.overload.v3.ShrinkHeapConfig": ["timer_interval", "max_unfreed_memory_bytes"],
  "envoy.config.overload.v3.LoadShedPoint": ["name", "triggers"],
  "envoy.config.overload.v3.Trigger": ["name", "threshold", "scaled"],
  "envoy.config.overload.v3.ThresholdTrigger": ["value"],
  "envoy.config.overload.v3.ScaledTrigger": ["scaling_threshold", "saturation_threshold"],
};

interface Resource {
  readonly name: string;
  readonly read: () => number;
  readonly pressure: Gauge;
  readonly failedUpdates: Counter;
}

interface Dependencies {
  readonly stats: StatsScope;
  readonly state: SharedOverloadState;
  readonly log: Log;
  /** An action that workers carry out by themselves has gone further, or not as far. */
  onChange(): void;
}

/** Actions that are not asked about at some occasion: workers hear of them. */
const CARRIED_OUT: ReadonlySet<string> = new Set(OVERLOAD_ACTIONS.slice(CARRIED_OUT_FROM));

/** `overload_manager`, on the main thread: reads the resources' pressures and tells the workers how far to go in which action. */
export class OverloadManager {
  private readonly resources: readonly Resource[];
  private readonly actions: readonly Action[];
  private readonly points: readonly Point[];
  private readonly intervalMs: number;
  private readonly use: Dependencies;
  /** What the workers are to know of it from the start. */
  readonly workerSettings: OverloadWorkerSettings;
  private readonly pressures = new Map<string, number>();
  private readonly shrinker: HeapShrinker | undefined = undefined;
  private timer: NodeJS.Timeout | undefined = undefined;

  private constructor(
    resources: readonly Resource[],
    actions: readonly Action[],
    points: readonly Point[],
    intervalMs: number,
    use: Dependencies,
    workerSettings: OverloadWorkerSettings = {},
  ) {
    this.workerSettings = workerSettings;
    const { shrinkHeap } = workerSettings;
    if (shrinkHeap !== undefined) {
      const count = use.stats.scope("overload").scope(SHRINK_HEAP).counter(SHRINK_COUNTER);
      this.shrinker = new HeapShrinker(
        shrinkHeap,
        () => use.state.stateOf(SHRINK_HEAP) >= 1,
        () => count.inc(),
      );
    }
    this.resources = resources;
    this.actions = actions;
    this.points = points;
    this.intervalMs = intervalMs;
    this.use = use;
  }

  static compile(
    config: OverloadManagerConfig | undefined,
    path: string,
    use: Dependencies,
  ): Compiled<OverloadManager> {
    use.stats.counter(`${RESET_STREAMS}.count`);
    if (config === undefined) return { ok: true, value: new OverloadManager([], [], [], REFRESH_MS, use) };
    const problems: Problem[] = [];
    const names = new Set<string>();
    const scope = use.stats.scope("overload");
    const resources = config.resourceMonitors.flatMap((monitor, index): Resource[] => {
      const at = `${path}.resource_monitors[${index}]`;
      const compiled = compileResourceMonitor(monitor, at);
      if (!compiled.ok) problems.push(...compiled.problems);
      const { name } = monitor;
      if (names.has(name)) problems.push(error(at, `Duplicate resource monitor ${name}`));
      if (!compiled.ok) return [];
      const own = scope.scope(name);
      const failedUpdates = own.counter("failed_updates");
      if (compiled.value.kind === "max-connections") {
        use.state.setMaxConnections(compiled.value.max);
        // It is asked when a connection comes, not looked at from time to time.
        own.gauge("pressure");
        return [];
      }
      names.add(name);
      own.counter("skipped_updates");
      return [{ name, read: compiled.value.read, pressure: own.gauge("pressure"), failedUpdates }];
    });
    const rules: RuleContext = { resources: names, scope, problems, known: new Set() };
    const actions = config.actions.flatMap((action, index) =>
      compileAction(action, `${path}.actions[${index}]`, rules),
    );
    const points = config.loadshedPoints.flatMap((point, index) =>
      compilePoint(point, `${path}.loadshed_points[${index}]`, rules),
    );
    const resets = actions.some(({ name }) => name === RESET_STREAMS);
    const power = config.bufferFactoryConfig?.minimumAccountToTrackPowerOfTwo ?? 0;
    if (resets && power === 0) {
      const message = `Overload action "${RESET_STREAMS}" requires buffer_factory_config.`;
      problems.push(error(`${path}.buffer_factory_config`, message));
    }
    if (problems.length > 0) return { ok: false, problems };
    const intervalMs = durationMs(config.refreshInterval, REFRESH_MS);
    const settings: OverloadWorkerSettings = Object.assign(
      resets ? { resetStreamsFromBytes: 2 ** power } : {},
      ...actions.map((action) => action.settings),
    );
    return { ok: true, value: new OverloadManager(resources, actions, points, intervalMs, use, settings) };
  }

  start(): void {
    const delay = this.use.stats.scope("overload").histogram("refresh_interval_delay");
    if (this.resources.length === 0) return;
    this.shrinker?.start(0);
    let lastMs = performance.now();
    this.timer = setInterval(() => {
      const nowMs = performance.now();
      delay.record(Math.round(nowMs - lastMs));
      lastMs = nowMs;
      this.update();
    }, this.intervalMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.shrinker?.stop();
  }

  /** Reads every resource once. A failed reading leaves what was known. */
  update(): void {
    for (const { name, read, pressure, failedUpdates } of this.resources) {
      try {
        const value = read();
        this.pressures.set(name, value);
        pressure.set(Math.round(value * 100));
      } catch (problem) {
        failedUpdates.inc();
        this.use.log.info(
          `overload: ${name}: ${problem instanceof Error ? problem.message : String(problem)}`,
        );
      }
    }
    let changed = false;
    for (const { name, triggers, active, scalePercent } of this.actions) {
      const state = this.stateOf(triggers);
      changed ||= CARRIED_OUT.has(name) && state !== this.use.state.stateOf(name);
      active.set(state >= 1 ? 1 : 0);
      scalePercent.set(Math.round(state * 100));
      this.use.state.set(name, state);
    }
    for (const point of this.points) {
      const { place, triggers } = point;
      const state = this.stateOf(triggers);
      const percent = Math.round(state * 100);
      // As Envoy's: a gauge that was never anything but 0 remains unused.
      if (percent !== point.percent) point.scalePercent.set(percent);
      point.percent = percent;
      this.use.state.setPoint(place, state);
    }
    if (changed) this.use.onChange();
  }

  private stateOf(triggers: Triggers): number {
    return Math.max(0, ...triggers.map(([resource, state]) => state(this.pressures.get(resource) ?? 0)));
  }
}

const error = (path: string, message: string): Problem => ({ path, message, severity: "error" });
