import type { Compiled, Counter, Gauge, Log, Problem, StatsScope } from "@sluice/extension-api";
import type {
  LoadShedPoint,
  OverloadAction,
  OverloadManager as OverloadManagerConfig,
  Trigger,
} from "@sluice/xds/gen/envoy/config/overload/v3/overload_pb.js";
import { durationMs } from "../cluster/duration-ms.ts";
import type { SupportedFields } from "../server/refuse-unsupported-fields.ts";
import { SHED_COUNTER } from "./count-sheds.ts";
import {
  LOAD_SHED_POINTS,
  OVERLOAD_ACTIONS,
  type OverloadActionName,
  type SharedOverloadState,
} from "./overload-state.ts";
import { compileTrigger, type TriggerState } from "./overload-trigger.ts";
import { compileResourceMonitor } from "./resource-monitors.ts";

const REFRESH_MS = 1000;

/** Part of the bootstrap's. */
export const OVERLOAD_SUPPORTED_FIELDS: SupportedFields = {
  "envoy.config.overload.v3.OverloadManager": [
    "refresh_interval",
    "resource_monitors",
    "actions",
    "loadshed_points",
  ],
  "envoy.config.overload.v3.ResourceMonitor": ["name", "typed_config"],
  "envoy.config.overload.v3.OverloadAction": ["name", "triggers"],
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

type Triggers = readonly (readonly [resource: string, state: TriggerState])[];

interface Action {
  readonly name: OverloadActionName;
  readonly triggers: Triggers;
  readonly active: Gauge;
  readonly scalePercent: Gauge;
}

interface Point {
  /** Its place in `LOAD_SHED_POINTS`. */
  readonly place: number;
  readonly triggers: Triggers;
  readonly scalePercent: Gauge;
}

interface Dependencies {
  readonly stats: StatsScope;
  readonly state: SharedOverloadState;
  readonly log: Log;
}

/** `overload_manager`, on the main thread: reads the resources' pressures and tells the workers how far to go in which action. */
export class OverloadManager {
  private readonly resources: readonly Resource[];
  private readonly actions: readonly Action[];
  private readonly points: readonly Point[];
  private readonly intervalMs: number;
  private readonly use: Dependencies;
  private readonly pressures = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined = undefined;

  private constructor(
    resources: readonly Resource[],
    actions: readonly Action[],
    points: readonly Point[],
    intervalMs: number,
    use: Dependencies,
  ) {
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
        return [];
      }
      names.add(name);
      own.counter("skipped_updates");
      return [{ name, read: compiled.value.read, pressure: own.gauge("pressure"), failedUpdates }];
    });
    const actions = config.actions.flatMap((action, index) =>
      compileAction(action, `${path}.actions[${index}]`, names, scope, problems),
    );
    const points = config.loadshedPoints.flatMap((point, index) =>
      compilePoint(point, `${path}.loadshed_points[${index}]`, names, scope, problems),
    );
    if (problems.length > 0) return { ok: false, problems };
    const intervalMs = durationMs(config.refreshInterval, REFRESH_MS);
    return { ok: true, value: new OverloadManager(resources, actions, points, intervalMs, use) };
  }

  start(): void {
    if (this.resources.length === 0) return;
    this.timer = setInterval(() => this.update(), this.intervalMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
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
    for (const { name, triggers, active, scalePercent } of this.actions) {
      const state = this.stateOf(triggers);
      active.set(state >= 1 ? 1 : 0);
      scalePercent.set(Math.round(state * 100));
      this.use.state.set(name, state);
    }
    for (const { place, triggers, scalePercent } of this.points) {
      const state = this.stateOf(triggers);
      scalePercent.set(Math.round(state * 100));
      this.use.state.setPoint(place, state);
    }
  }

  private stateOf(triggers: Triggers): number {
    return Math.max(0, ...triggers.map(([resource, state]) => state(this.pressures.get(resource) ?? 0)));
  }
}

function compileAction(
  action: OverloadAction,
  path: string,
  resources: ReadonlySet<string>,
  scope: StatsScope,
  problems: Problem[],
): Action[] {
  const name = OVERLOAD_ACTIONS.find((known) => known === action.name);
  if (name === undefined) {
    problems.push(error(`${path}.name`, `overload action ${action.name} is not implemented`));
    return [];
  }
  const what = `overload action ${name}`;
  const triggers = compileTriggers(action.triggers, path, what, resources, problems);
  const own = scope.scope(name);
  return [{ name, triggers, active: own.gauge("active"), scalePercent: own.gauge("scale_percent") }];
}

function compilePoint(
  point: LoadShedPoint,
  path: string,
  resources: ReadonlySet<string>,
  scope: StatsScope,
  problems: Problem[],
): Point[] {
  const place = LOAD_SHED_POINTS.findIndex((known) => known === point.name);
  const name = LOAD_SHED_POINTS[place];
  if (name === undefined) {
    problems.push(error(`${path}.name`, `load shed point ${point.name} is not implemented`));
    return [];
  }
  const what = `load shed point ${name}`;
  const triggers = compileTriggers(point.triggers, path, what, resources, problems);
  const own = scope.scope(name);
  // Counted by the workers; here it is listed before that.
  own.counter(SHED_COUNTER);
  return [{ place, triggers, scalePercent: own.gauge("scale_percent") }];
}

function compileTriggers(
  list: readonly Trigger[],
  path: string,
  what: string,
  resources: ReadonlySet<string>,
  problems: Problem[],
): Triggers {
  return list.flatMap((trigger, index): (readonly [string, TriggerState])[] => {
    const at = `${path}.triggers[${index}]`;
    const state = compileTrigger(trigger);
    if (!resources.has(trigger.name)) {
      problems.push(error(at, `Unknown trigger resource ${trigger.name} for ${what}`));
    }
    if (typeof state === "function") return [[trigger.name, state]];
    problems.push(error(at, state));
    return [];
  });
}

const error = (path: string, message: string): Problem => ({ path, message, severity: "error" });
