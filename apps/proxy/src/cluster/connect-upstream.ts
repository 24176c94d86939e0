import type { Socket } from "node:net";
import { fromBinary } from "@bufbuild/protobuf";
import { TransportSocketSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { compileUpstreamTransportSocket } from "../transport-socket/compile-upstream-transport-socket.ts";
import {
  type ConnectOptions,
  NO_CONNECT_OPTIONS,
  type UpstreamSocketContext,
  type UpstreamTransportSocket,
} from "../transport-socket/upstream-transport-socket.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { createSocketConnector } from "./connect-socket.ts";
import type { Host } from "./thread-local-cluster.ts";
import { transportSocketCount, transportSocketFinder } from "./transport-socket-finder.ts";

export type ConnectableHost = Pick<
  Host,
  "address" | "connectTo" | "hostname" | "metadata" | "localityMetadata"
>;
export interface Connector {
  (host: ConnectableHost, options?: ConnectOptions): Socket;
  /** See `UpstreamTransportSocket`. */
  readonly perDownstream: boolean;
}

/** How a cluster's connections are opened: raw or behind its transport socket, with the cluster's socket options. */
export function createConnector(config: ClusterConfig, context: UpstreamSocketContext): Connector {
  const connect = createSocketConnector(config.connection);
  const { choose: transportSocket, perDownstream } = transportSocketChooser(config, context);
  const open = (host: ConnectableHost, options = NO_CONNECT_OPTIONS): Socket => {
    const raw = connect(host);
    const socket = transportSocket(host, options);
    return socket === undefined ? raw : socket.wrap(raw, host, options);
  };
  return Object.assign(open, { perDownstream });
}

interface Chooser {
  choose(host: ConnectableHost, options: ConnectOptions): UpstreamTransportSocket | undefined;
  readonly perDownstream: boolean;
}

function transportSocketChooser(config: ClusterConfig, context: UpstreamSocketContext): Chooser {
  const compile = (bytes: Uint8Array | undefined): UpstreamTransportSocket | undefined => {
    if (bytes === undefined) return undefined;
    const message = fromBinary(TransportSocketSchema, bytes);
    const compiled = compileUpstreamTransportSocket(message, "transport_socket", context);
    // The main thread has checked it; a file may have gone since.
    if (!compiled.ok)
      throw new Error(compiled.problems.map((each) => `${each.path}: ${each.message}`).join("; "));
    return compiled.value;
  };
  const usual = compile(config.transportSocket);
  if (config.transportSocketMatches.length === 0)
    return { choose: () => usual, perDownstream: usual?.perDownstream === true };
  const finder = transportSocketFinder(config);
  const sockets = config.transportSocketMatches.map((each) => compile(each.transportSocket));
  const count = finder.perConnection ? transportSocketCount(config, context.stats) : undefined;
  const choose = (host: ConnectableHost, options: ConnectOptions): UpstreamTransportSocket | undefined => {
    count?.(host, options);
    const found = finder.find(host, options);
    return found < 0 ? usual : sockets[found];
  };
  return { choose, perDownstream: [usual, ...sockets].some((socket) => socket?.perDownstream === true) };
}
