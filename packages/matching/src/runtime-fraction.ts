import type { RuntimeFractionalPercent } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { FractionalPercent } from "@sluice/xds/gen/envoy/type/v3/percent_pb.js";
import type { Compiled, Condition, MatchContext } from "./contract.ts";
import { fieldPath } from "./problem-list.ts";

// FractionalPercent.DenominatorType by number.
const DENOMINATORS = [100, 10_000, 1_000_000];

/** The number under the bar; `undefined` for a denominator that the API does not know. */
function denominatorOf(fraction: FractionalPercent): number | undefined {
  return DENOMINATORS[fraction.denominator];
}

/** `envoy.config.core.v3.RuntimeFractionalPercent` as a condition on the request's random number. */
export function compileRuntimeFraction(config: RuntimeFractionalPercent, path: string): Compiled<Condition> {
  const fraction = config.defaultValue;
  const denominator = fraction === undefined ? undefined : denominatorOf(fraction);
  if (fraction === undefined || denominator === undefined) {
    const message = "a fraction with a known denominator is required";
    return { ok: false, problems: [{ path: fieldPath(path, "default_value"), message, severity: "error" }] };
  }
  const { numerator } = fraction;
  const key = config.runtimeKey;
  return {
    ok: true,
    value: {
      field: path,
      wanted: `random share ${numerator}/${denominator}${key === "" ? "" : ` (runtime ${key})`}`,
      matches(_headers, random: number, context: MatchContext) {
        return key !== "" && context.runtime !== undefined
          ? context.runtime.featureEnabled(key, numerator, denominator, random)
          : random % denominator < numerator;
      },
    },
  };
}
