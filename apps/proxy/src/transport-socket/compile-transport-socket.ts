import type { Compiled } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { TransportSocket } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { compileExtension } from "../registry/compile-extension.ts";
import type { ExtensionFactories, ExtensionRegistry } from "../registry/extension-registry.ts";

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
  if (config.configType.case !== "typedConfig") return refuse(`${config.name} needs a typed_config`);
  const unpacked = unpackAny(config.configType.value);
  if (!unpacked.ok) return refuse(unpacked.message);
  const extension = extensions.find(category, unpacked.typeName);
  if (extension === undefined) return refuse(`transport socket ${unpacked.typeName} is not implemented`);
  const { manifest, factory } = extension;
  return compileExtension(unpacked, manifest, `${path}.typed_config`, (message) => compile(factory, message));
}
