import type { Compiled } from "@sluice/extension-api";
import type { TransportSocket } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { compileTransportSocket } from "./compile-transport-socket.ts";
import type { DownstreamTransportSocket, TransportSocketContext } from "./downstream-transport-socket.ts";

/** A filter chain's `transport_socket`; `path` is where it stands. Undefined: none, the socket as it is. */
export function compileDownstreamTransportSocket(
  config: TransportSocket | undefined,
  path: string,
  context: TransportSocketContext,
): Compiled<DownstreamTransportSocket | undefined> {
  const { extensions } = context.worker;
  return compileTransportSocket(
    "envoy.transport_sockets.downstream",
    config,
    path,
    extensions,
    (factory, message) => factory.compile(message, context),
  );
}
