import type { Compiled } from "@sluice/extension-api";
import type { TransportSocket } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { compileTransportSocket } from "./compile-transport-socket.ts";
import type { UpstreamSocketContext, UpstreamTransportSocket } from "./upstream-transport-socket.ts";

/** A cluster's `transport_socket`; `path` is where it stands. Undefined: none, the socket as it is. */
export function compileUpstreamTransportSocket(
  config: TransportSocket | undefined,
  path: string,
  context: UpstreamSocketContext,
): Compiled<UpstreamTransportSocket | undefined> {
  const { extensions } = context;
  return compileTransportSocket(
    "envoy.transport_sockets.upstream",
    config,
    path,
    extensions,
    (factory, message) => factory.compile(message, context),
  );
}
