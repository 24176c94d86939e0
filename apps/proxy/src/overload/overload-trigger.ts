import type { Trigger } from "@sluice/xds/gen/envoy/config/overload/v3/overload_pb.js";

/** The state of an action that one resource's pressure asks for: 0 (none) to 1 (saturated). */
export type TriggerState = (pressure: number) => number;

/** A `Trigger`, or what is wrong with it. */
export function compileTrigger({ triggerOneof }: Trigger): TriggerState | string {
  switch (triggerOneof.case) {
    case "threshold": {
      const { value } = triggerOneof.value;
      return (pressure) => (pressure >= value ? 1 : 0);
    }
    case "scaled": {
      const { scalingThreshold: from, saturationThreshold: to } = triggerOneof.value;
      if (from >= to) return "scaling_threshold must be less than saturation_threshold";
      return (pressure) => (pressure <= from ? 0 : pressure >= to ? 1 : (pressure - from) / (to - from));
    }
    default:
      return "needs a threshold or a scaled trigger";
  }
}
