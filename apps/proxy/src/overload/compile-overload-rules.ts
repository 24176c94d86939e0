import type { Gauge, Problem, StatsScope } from "@sluice/extension-api";
import type {
  LoadShedPoint,
  OverloadAction,
  Trigger,
} from "@sluice/xds/gen/envoy/config/overload/v3/overload_pb.js";
import { compileActionSettings } from "./compile-action-settings.ts";
import { SHED_COUNTER } from "./count-sheds.ts";
import type { OverloadWorkerSettings } from "./overload-settings.ts";
import { LOAD_SHED_POINTS, OVERLOAD_ACTIONS, type OverloadActionName } from "./overload-state.ts";
import { compileTrigger, type TriggerState } from "./overload-trigger.ts";

/** What decides how far an action or point goes; the largest counts. */
export type Triggers = readonly (readonly [resource: string, state: TriggerState])[];

export interface Action {
  readonly name: OverloadActionName;
  readonly triggers: Triggers;
  readonly active: Gauge;
  readonly scalePercent: Gauge;
  readonly settings: OverloadWorkerSettings;
}

export interface Point {
  /** Its place in `LOAD_SHED_POINTS`. */
  readonly place: number;
  readonly triggers: Triggers;
  readonly scalePercent: Gauge;
  /** What that was set to last. */
  percent: number;
}

/** Where rules are compiled. */
export interface RuleContext {
  /** Names of the monitors. */
  readonly resources: ReadonlySet<string>;
  /** `overload.` */
  readonly scope: StatsScope;
  /** Filled with what is wrong. */
  readonly problems: Problem[];
  /** Actions and points that were there already. */
  readonly known: Set<string>;
}

export function compileAction(action: OverloadAction, path: string, rules: RuleContext): Action[] {
  const { scope, problems } = rules;
  const name = OVERLOAD_ACTIONS.find((known) => known === action.name);
  if (name === undefined) {
    problems.push(error(`${path}.name`, `overload action ${action.name} is not implemented`));
    return [];
  }
  const what = `overload action ${name}`;
  const triggers = compileTriggers(action.triggers, path, what, rules);
  const settings = compileActionSettings(name, action.typedConfig, path);
  if (!settings.ok) problems.push(...settings.problems);
  const own = scope.scope(name);
  const active = own.gauge("active");
  const scalePercent = own.gauge("scale_percent");
  active.set(0);
  scalePercent.set(0);
  return [
    {
      name,
      triggers,
      active,
      scalePercent,
      settings: settings.ok ? settings.value : {},
    },
  ];
}

export function compilePoint(point: LoadShedPoint, path: string, rules: RuleContext): Point[] {
  const { scope, problems } = rules;
  const place = LOAD_SHED_POINTS.findIndex((known) => known === point.name);
  const name = LOAD_SHED_POINTS[place];
  if (name === undefined) {
    problems.push(error(`${path}.name`, `load shed point ${point.name} is not implemented`));
    return [];
  }
  const what = `load shed point ${name}`;
  const triggers = compileTriggers(point.triggers, path, what, rules);
  const own = scope.scope(name);
  // Counted by the workers; here it is listed before that.
  own.counter(SHED_COUNTER);
  return [{ place, triggers, scalePercent: own.gauge("scale_percent"), percent: 0 }];
}

function compileTriggers(
  list: readonly Trigger[],
  path: string,
  what: string,
  { resources, problems, known }: RuleContext,
): Triggers {
  if (known.has(what)) problems.push(error(path, `Duplicate ${what}`));
  known.add(what);
  const seen = new Set<string>();
  return list.flatMap((trigger, index): (readonly [string, TriggerState])[] => {
    const at = `${path}.triggers[${index}]`;
    const state = compileTrigger(trigger);
    if (seen.has(trigger.name)) problems.push(error(at, `Duplicate trigger resource for ${what}`));
    seen.add(trigger.name);
    if (!resources.has(trigger.name)) {
      problems.push(error(at, `Unknown trigger resource ${trigger.name} for ${what}`));
    }
    if (typeof state === "function") return [[trigger.name, state]];
    problems.push(error(at, state));
    return [];
  });
}

const error = (path: string, message: string): Problem => ({ path, message, severity: "error" });
