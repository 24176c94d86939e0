import type { Runtime } from "@sluice/extension-api";
import type { RuntimeFeatureFlag } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";

/** A `RuntimeFeatureFlag`, to be asked each time; on where it is not set. */
export function compileFeatureFlag(flag: RuntimeFeatureFlag | undefined, runtime: Runtime): () => boolean {
  if (flag === undefined) return () => true;
  const fallback = flag.defaultValue !== false;
  return () => runtime.boolean(flag.runtimeKey, fallback);
}
