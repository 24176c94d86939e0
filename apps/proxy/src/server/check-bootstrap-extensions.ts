import type { Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { Bootstrap } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";

const INTERNAL_LISTENER = "envoy.extensions.bootstrap.internal_listener.v3.InternalListener";

/**
 * Of `bootstrap_extensions` the one that Envoy needs for listeners without a socket is taken: by itself it does nothing, and
 * such listeners and their addresses are refused where they stand. Control planes write it into every bootstrap.
 */
export function checkBootstrapExtensions({ bootstrapExtensions }: Bootstrap): readonly Problem[] {
  return bootstrapExtensions.flatMap(({ name, typedConfig }, index): readonly Problem[] => {
    const refuse = (message: string): readonly Problem[] => [
      { path: `bootstrap_extensions[${index}]`, message, severity: "error" },
    ];
    if (typedConfig === undefined) return refuse(`${name} needs a typed_config`);
    const unpacked = unpackAny(typedConfig);
    if (!unpacked.ok) return refuse(unpacked.message);
    return unpacked.typeName === INTERNAL_LISTENER
      ? []
      : refuse(`${name} (${unpacked.typeName}) is not implemented`);
  });
}
