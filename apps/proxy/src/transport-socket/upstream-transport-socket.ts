import type { Socket } from "node:net";
import type { Compiled, StatsScope, TlsInfo } from "@sluice/extension-api";
import type { Tlv } from "../connection/proxy-protocol-state.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import type { SecretLookup } from "../secret/secret-lookup.ts";

/**
 * What one connection is to be beyond its cluster's configuration. A connection carries only what asked for the same.
 */
export interface ConnectOptions {
  /** SNI, before `sni` of the configuration (`auto_sni`). */
  readonly serverName?: string | undefined;
  /** One of these must be among the certificate's names, in place of the configured ones (`auto_san_validation`). */
  readonly verifyNames?: readonly string[] | undefined;
  /** Before `alpn_protocols` of the configuration; offered only over TLS. */
  readonly alpn?: readonly string[] | undefined;
  /** Offered where the configuration names none. */
  readonly fallbackAlpn?: readonly string[] | undefined;
  /** Filter state that the connection's clients share with it. */
  readonly shared?: ReadonlyMap<string, unknown> | undefined;
  /** Whom the connection is for, for the PROXY protocol. */
  readonly downstream?: DownstreamAddresses | undefined;
}

export interface DownstreamAddresses {
  /** `ip:port` or `[v6]:port`. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** What its own PROXY header had, or a filter adds; none by default. */
  readonly proxyTlvs?: readonly Tlv[] | undefined;
}

/** What the socket to connect to says of itself. */
export interface UpstreamTarget {
  /** `hostname` of the endpoint, or its DNS name, or "". */
  readonly hostname: string;
  /** `ip:port`, `[v6]:port` or a path. */
  readonly address: string;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

/** What stands between an upstream connection's codec and its TCP socket. */
export interface UpstreamTransportSocket {
  /**
   * Wraps a socket that is connecting. `whenTransportReady` tells when bytes may be sent; a handshake that fails destroys the socket
   * with an error that `transportFailureReason` can word.
   */
  wrap(raw: Socket, target: UpstreamTarget, options: ConnectOptions): Socket;
  /** Whether it negotiates an application protocol, so that `alpn` has an effect. */
  readonly secure: boolean;
  /** It tells whom a connection is for: requests of different clients never share one. */
  readonly perDownstream: boolean;
}

export interface UpstreamSocketContext {
  readonly secrets: SecretLookup;
  readonly extensions: ExtensionRegistry;
  /** `cluster.<name>.` */
  readonly stats: StatsScope;
  onError(message: string): void;
  /** Called when the cluster goes; subscriptions end here. */
  onClose(release: () => void): void;
}

/** An extension of the category `envoy.transport_sockets.upstream`. */
export interface UpstreamTransportSocketFactory {
  /** Undefined: the socket as it is. Problems' paths start at the configuration. */
  compile(config: unknown, context: UpstreamSocketContext): Compiled<UpstreamTransportSocket | undefined>;
}

export const NO_CONNECT_OPTIONS: ConnectOptions = {};

/** Emitted by sockets that have a handshake of their own to do, once that is done and the peer was found good. */
const READY_EVENT = "transportReady";
const waitsForHandshake = new WeakSet<Socket>();
const tlsInfos = new WeakMap<Socket, TlsInfo>();

/** `onReady` runs once, when the connection stands and may carry bytes. */
export function whenTransportReady(socket: Socket, onReady: () => void): void {
  socket.once(waitsForHandshake.has(socket) ? READY_EVENT : "connect", onReady);
}

/** For transport sockets: `socket` will be ready only when `markTransportReady` says so. */
export function expectHandshake(socket: Socket): void {
  waitsForHandshake.add(socket);
}

export function markTransportReady(socket: Socket, tls: TlsInfo | undefined): void {
  if (tls !== undefined) tlsInfos.set(socket, tls);
  socket.emit(READY_EVENT);
}

/** What the handshake of an upstream connection came to; undefined before it is ready, and without TLS. */
export const tlsInfoOf = (socket: Socket): TlsInfo | undefined => tlsInfos.get(socket);

declare module "../registry/extension-registry.ts" {
  interface ExtensionFactories {
    "envoy.transport_sockets.upstream": UpstreamTransportSocketFactory;
  }
}
