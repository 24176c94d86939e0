import type { ListenerFilterStatus } from "./filter-status.ts";
import type { Compiled, ExtensionManifest, FactoryContext } from "./manifest.ts";
import type { StreamInfo } from "./stream-info.ts";

/**
 * Listener filters (envoy/network/filter.h): they look at an accepted socket before a filter chain is chosen, one after the
 * other, and say what they found out. What they look at stays for the connection unless they drain it.
 */
export interface ListenerFilter {
  /** How many bytes it wants to see at most before it must decide; 0: none. Not read before `onAccept`. */
  readonly readBytesMax: number;
  /** `StopIteration`: decides when `onData` has seen enough. Only with `readBytesMax` above 0. */
  onAccept(callbacks: ListenerFilterCallbacks): ListenerFilterStatus;
  /**
   * `bytes`: everything that came and was not drained, again with each call, longer each time. `StopIteration` asks for more;
   * at `readBytesMax` bytes that closes the socket, as does the peer's leaving.
   */
  onData(bytes: Uint8Array): ListenerFilterStatus;
}

export interface ListenerFilterCallbacks {
  readonly accepted: AcceptedConnection;
  readonly streamInfo: StreamInfo;
  /** Takes the first `bytes` bytes out of what the connection will read; only inside `onData`. */
  drain(bytes: number): void;
  /** Closes the socket. Only inside `onAccept` and `onData`, which then answer `StopIteration`. */
  close(details: string): void;
}

/** What is known of an accepted socket; filters set what they find out. */
export interface AcceptedConnection {
  /** `ip:port`, `[v6]:port`; the peer of the socket. */
  readonly directRemoteAddress: string;
  remoteAddress: string;
  localAddress: string;
  requestedServerName: string | undefined;
  /** `raw_buffer` (also where nobody looked) or `tls`. */
  transportProtocol: string;
  applicationProtocols: readonly string[];
  /** Fingerprints of a TLS client, where asked for. */
  ja3: string | undefined;
  ja4: string | undefined;
  /** What was wrong with a client's handshake, in Envoy's words; it goes on where the filter lets it. */
  transportFailureReason: string | undefined;
}

/** What a listener filter's `load` gives. */
export interface ListenerFilterFactory<C = unknown> {
  compile(config: unknown, context: FactoryContext): Compiled<C>;
  /** Per accepted socket. */
  create(config: C): ListenerFilter;
}

export type ListenerFilterManifest = ExtensionManifest<"envoy.filters.listener", ListenerFilterFactory>;
