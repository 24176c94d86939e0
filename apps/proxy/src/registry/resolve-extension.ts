import type { Compiled } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { TypedExtensionConfig } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import type { ExtensionCategory, ExtensionFactories, ExtensionRegistry } from "./extension-registry.ts";

/** An extension that a configuration names, and what it is configured with. */
export interface ResolvedExtension<C extends ExtensionCategory> {
  readonly factory: ExtensionFactories[C];
  readonly message: unknown;
}

/** Finds the extension of `category` behind a `TypedExtensionConfig` that stands at `path`, and refuses what of it is not built. */
export function resolveExtension<C extends ExtensionCategory>(
  category: C,
  config: Pick<TypedExtensionConfig, "name" | "typedConfig">,
  path: string,
  registry: ExtensionRegistry,
): Compiled<ResolvedExtension<C>> {
  const refuse = (message: string): Compiled<never> => ({
    ok: false,
    problems: [{ path, message, severity: "error" }],
  });
  if (config.typedConfig === undefined) return refuse(`${config.name} needs a typed_config`);
  const unpacked = unpackAny(config.typedConfig);
  if (!unpacked.ok) return refuse(unpacked.message);
  const extension = registry.find(category, unpacked.typeName);
  if (extension === undefined) return refuse(`${config.name} (${unpacked.typeName}) is not implemented`);
  const problems = refuseUnsupportedFields(
    unpacked.schema,
    unpacked.message,
    extension.manifest.supportedFields,
    `${path}.typed_config`,
  );
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { factory: extension.factory, message: unpacked.message } };
}
