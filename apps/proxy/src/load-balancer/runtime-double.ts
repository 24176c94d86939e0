import type { Runtime } from "@sluice/extension-api";
import type { RuntimeDouble } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";

/** A number that the runtime may replace; plain data. */
export interface RuntimeDoubleConfig {
  readonly value: number;
  /** "": the runtime is not asked. */
  readonly key: string;
}

export function compileRuntimeDouble(
  given: RuntimeDouble | undefined,
  fallback: number,
): RuntimeDoubleConfig {
  return { value: given?.defaultValue ?? fallback, key: given?.runtimeKey ?? "" };
}

export function runtimeDouble(config: RuntimeDoubleConfig, runtime: Runtime): number {
  return config.key === "" ? config.value : runtime.double(config.key, config.value);
}
