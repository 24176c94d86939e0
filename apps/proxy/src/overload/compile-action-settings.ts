import { type Compiled, refuse } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds";
import type {
  OverloadAction,
  ScaleTimersOverloadActionConfig,
  ScaleTimersOverloadActionConfig_ScaleTimer,
  ShrinkHeapConfig,
} from "@sluice/xds/gen/envoy/config/overload/v3/overload_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { SCALED_TIMERS, type ScaledTimer, type TimerMinimum } from "../event/timer-scaling.ts";
import type { OverloadWorkerSettings, ShrinkHeapSettings } from "./overload-settings.ts";
import type { OverloadActionName } from "./overload-state.ts";

const PACKAGE = "envoy.config.overload.v3";
/** Actions that have settings of their own, by the type of these. */
const TYPES: Readonly<Partial<Record<OverloadActionName, string>>> = {
  "envoy.overload_actions.reduce_timeouts": `${PACKAGE}.ScaleTimersOverloadActionConfig`,
  "envoy.overload_actions.shrink_heap": `${PACKAGE}.ShrinkHeapConfig`,
};

const SHRINK_INTERVAL_MS = 10_000;
const UNFREED_BYTES_MAX = 100 * 1024 * 1024;

/** `OverloadAction.typed_config`. */
export function compileActionSettings(
  name: OverloadActionName,
  any: OverloadAction["typedConfig"],
  path: string,
): Compiled<OverloadWorkerSettings> {
  const at = `${path}.typed_config`;
  const type = TYPES[name];
  if (any === undefined) {
    if (name === "envoy.overload_actions.reduce_timeouts") {
      return refuse(at, `Overload action "${name}" requires typed_config`);
    }
    return { ok: true, value: type === undefined ? {} : { shrinkHeap: shrinkHeap(undefined) } };
  }
  if (type === undefined) {
    return refuse(at, `Overload action name "${name}" conflicts with its typed config`);
  }
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return refuse(at, unpacked.message);
  if (unpacked.typeName !== type) {
    return refuse(at, `typed_config resolves to ${unpacked.typeName} instead of ${type}`);
  }
  return name === "envoy.overload_actions.reduce_timeouts"
    ? timerMinimums(unpacked.message as ScaleTimersOverloadActionConfig, at)
    : { ok: true, value: { shrinkHeap: shrinkHeap(unpacked.message as ShrinkHeapConfig) } };
}

function timerMinimums(
  { timerScaleFactors }: ScaleTimersOverloadActionConfig,
  path: string,
): Compiled<OverloadWorkerSettings> {
  const found: Partial<Record<ScaledTimer, TimerMinimum>> = {};
  for (const [index, { timer, overloadAdjust }] of timerScaleFactors.entries()) {
    const at = `${path}.timer_scale_factors[${index}]`;
    // The enum counts from 1; 0 is refused by the descriptor's rules.
    const name = SCALED_TIMERS[timer - 1];
    if (name === undefined) return refuse(`${at}.timer`, `Unknown timer type ${timer}`);
    if (found[name] !== undefined) return refuse(at, `Found duplicate entry for timer type ${name}`);
    const minimum = minimumOf(overloadAdjust);
    if (minimum === undefined) return refuse(at, "needs a min_timeout or a min_scale");
    found[name] = minimum;
  }
  return { ok: true, value: { timerMinimums: found } };
}

function minimumOf(
  adjust: ScaleTimersOverloadActionConfig_ScaleTimer["overloadAdjust"],
): TimerMinimum | undefined {
  switch (adjust.case) {
    case "minTimeout":
      return { kind: "timeout", ms: durationMs(adjust.value, 0) };
    case "minScale":
      return { kind: "share", share: adjust.value.value / 100 };
    default:
      return undefined;
  }
}

function shrinkHeap(config: ShrinkHeapConfig | undefined): ShrinkHeapSettings {
  return {
    intervalMs: durationMs(config?.timerInterval, SHRINK_INTERVAL_MS),
    unfreedBytesMax: Number(config?.maxUnfreedMemoryBytes ?? UNFREED_BYTES_MAX),
  };
}
