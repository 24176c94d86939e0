import type { Socket } from "node:net";
import type { Compiled, ConnectionDrain } from "@sluice/extension-api";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { WorkerContext } from "../worker/worker-context.ts";

/**
 * A listener's configuration made ready to take connections: everything behind `accept`. `listener/` owns the sockets and
 * the life of the listener; this owns the connections.
 */
export interface ActiveListenerConfig {
  /** Takes over an accepted socket (paused, no listeners attached, noDelay not yet set): listener filters, chain match, network filters. Never throws. */
  onAccept(socket: Socket): void;
  readonly activeConnections: number;
  /** Connections, now and from now on, are told of the drain; nothing else changes. */
  tell(drain: ConnectionDrain): void;
  /**
   * Tells connections of the drain but for those on the chains of `kept` (`filterChainKey`); when called again, the later `kept` holds.
   * `onDrained` runs once when the last connection is gone.
   */
  drain(drain: ConnectionDrain, onDrained: () => void, kept?: ReadonlySet<string>): void;
  /** Closes what is left and not on one of the chains of `kept`, now. */
  close(kept?: ReadonlySet<string>): void;
}

/** The shape of `filter-chain/compile-listener.ts`. On the main thread it serves as validation: nothing it makes is used. */
export type CompileListener = (listener: Listener, context: WorkerContext) => Compiled<ActiveListenerConfig>;
