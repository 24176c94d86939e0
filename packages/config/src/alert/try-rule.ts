import { authorize } from "../access/authorize.ts";
import type { AlertReading, Context } from "../contract.ts";
import { measureRule } from "./measure-rule.ts";
import { type AlertRuleInput, completeRule } from "./put-rule.ts";
import type { ReadTraffic } from "./traffic-figures.ts";

const READINGS_MAX = 500;

/** What a rule would say now, stored or not; those that cross the threshold first. Changes and tells nothing. Needs telemetry.read. `bad_input`. */
export async function tryAlertRule(
  context: Context,
  input: AlertRuleInput,
  readTraffic: ReadTraffic,
): Promise<readonly AlertReading[]> {
  await authorize(context, { permission: "telemetry.read", action: "alert.try", subject: "" });
  const readings = await measureRule(context, completeRule(input), readTraffic);
  return readings
    .toSorted((a, b) => Number(b.crossed) - Number(a.crossed) || (a.target < b.target ? -1 : 1))
    .slice(0, READINGS_MAX);
}
