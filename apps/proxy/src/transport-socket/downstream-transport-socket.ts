import type { Socket } from "node:net";
import type { Compiled, Log, StatsScope, TlsInfo } from "@sluice/extension-api";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import type { SecretLookup } from "../secret/secret-lookup.ts";

/**
 * What stands between an accepted socket and the network filters (envoy/network/transport_socket.h). A chain without one, or
 * with raw_buffer, has none: its filters get the socket itself.
 */
export interface DownstreamTransportSocket {
  /**
   * Takes a paused socket without listeners; what listener filters peeked at has been `unshift`ed. Exactly one of the outcome's
   * methods is called, never before `accept` returns; to give up, destroy the socket.
   */
  accept(socket: Socket, outcome: HandshakeOutcome): void;
}

export interface HandshakeOutcome {
  /** The handshake is done: `socket` (paused, without `data` listeners) carries plain bytes from now on. */
  onReady(socket: Socket, tls: TlsInfo | undefined): void;
  /** It failed and both sockets are destroyed; `reason` is `%DOWNSTREAM_TRANSPORT_FAILURE_REASON%`, "" when the peer just left. */
  onFailure(reason: string): void;
}

/** Of the thread that the sockets are in. */
interface SocketWorker {
  /** 0-based; -1 on the main thread. */
  readonly workerIndex: number;
  readonly extensions: ExtensionRegistry;
  readonly log: Log;
  readonly secrets: SecretLookup;
}

/** What a factory may use; one per filter chain and thread. */
export interface TransportSocketContext {
  readonly worker: SocketWorker;
  /** `listener.<address>.` */
  readonly stats: StatsScope;
  /** Called when the chain is thrown away; subscriptions end here. */
  onClose(release: () => void): void;
}

/** An extension of the category `envoy.transport_sockets.downstream`. */
export interface DownstreamTransportSocketFactory {
  /** Undefined: the socket as it is. Problems' paths start at the configuration. */
  compile(config: unknown, context: TransportSocketContext): Compiled<DownstreamTransportSocket | undefined>;
}

declare module "../registry/extension-registry.ts" {
  interface ExtensionFactories {
    "envoy.transport_sockets.downstream": DownstreamTransportSocketFactory;
  }
}
