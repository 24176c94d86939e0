import type { Any } from "@bufbuild/protobuf/wkt";
import type { Compiled } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import type {
  ExtensionCategory,
  ExtensionFactories,
  ExtensionRegistry,
} from "../registry/extension-registry.ts";

/** Finds the extension of `category` that an Any configures, and what its fields leave to refuse. `path`: of the Any. */
export function findTypedExtension<C extends ExtensionCategory>(
  extensions: ExtensionRegistry,
  category: C,
  any: Any | undefined,
  path: string,
): Compiled<{ readonly factory: ExtensionFactories[C]; readonly message: unknown }> {
  const refuse = (
    message: string,
  ): { ok: false; problems: { path: string; message: string; severity: "error" }[] } => ({
    ok: false,
    problems: [{ path, message, severity: "error" }],
  });
  if (any === undefined) return refuse("typed_config is required");
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return refuse(unpacked.message);
  const extension = extensions.find(category, unpacked.typeName);
  if (extension === undefined) return refuse(`${unpacked.typeName} is not implemented`);
  const problems = refuseUnsupportedFields(
    unpacked.schema,
    unpacked.message,
    extension.manifest.supportedFields,
    path,
  );
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { factory: extension.factory, message: unpacked.message } };
}
