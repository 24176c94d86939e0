import type { Compiled } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { TransportSocket } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { ExtensionFactories, ExtensionRegistry } from "../extensions/extension-registry.ts";
import { refuseUnsupportedFields } from "../server/refuse-unsupported-fields.ts";

const RAW_BUFFER = "envoy.transport_sockets.raw_buffer";

/** A `transport_socket`; `path` is where it stands. Undefined: none, the socket as it is. */
export function compileTransportSocket<
  C extends "envoy.transport_sockets.downstream" | "envoy.transport_sockets.upstream",
  Socket,
>(
  category: C,
  config: TransportSocket | undefined,
  path: string,
  extensions: ExtensionRegistry,
  compile: (factory: ExtensionFactories[C], message: unknown) => Compiled<Socket>,
): Compiled<Socket | undefined> {
  if (config === undefined) return { ok: true, value: undefined };
  const refuse = (message: string): Compiled<undefined> => ({
    ok: false,
    problems: [{ path, message, severity: "error" }],
  });
  if (config.configType.case !== "typedConfig") {
    return config.name === RAW_BUFFER
      ? { ok: true, value: undefined }
      : refuse(`${config.name} needs a typed_config`);
  }
  const unpacked = unpackAny(config.configType.value);
  if (!unpacked.ok) return refuse(unpacked.message);
  const { schema, message, typeName } = unpacked;
  const extension = extensions.find(category, typeName);
  if (extension === undefined) return refuse(`transport socket ${typeName} is not implemented`);
  const at = `${path}.typed_config`;
  const unsupported = refuseUnsupportedFields(schema, message, extension.manifest.supportedFields, at);
  if (unsupported.length > 0) return { ok: false, problems: unsupported };
  const compiled = compile(extension.factory, message);
  if (compiled.ok) return compiled;
  const problems = compiled.problems.map((problem) => ({
    ...problem,
    path: problem.path === "" ? at : `${at}.${problem.path}`,
  }));
  return { ok: false, problems };
}
