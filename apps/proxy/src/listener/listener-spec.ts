import type { KeepaliveConfig } from "../connection/keep-alive.ts";

/**
 * Where a listener listens. `port` is never 0 here, except for the first worker on a new socket. `shared`: the main thread has the socket
 * and gives it to every worker (`SharedSockets`).
 */
export type SocketSpec =
  | {
      readonly kind: "tcp";
      /** Identity over updates: `host:port` as configured. */
      readonly key: string;
      readonly host: string;
      readonly port: number;
      readonly ipv6Only: boolean;
      readonly backlog: number;
      readonly reusePort: boolean;
      /** Of connections that are accepted; undefined: off. */
      readonly keepalive: KeepaliveConfig | undefined;
      readonly bypassesOverload: boolean;
      readonly shared: boolean;
    }
  | {
      readonly kind: "pipe";
      readonly key: string;
      readonly path: string;
      readonly mode: number;
      readonly bypassesOverload: boolean;
      readonly shared: boolean;
    };

export interface ListenerSpec {
  /** One per accepted configuration; a listener that is updated gets a new one. */
  readonly id: number;
  readonly name: string;
  /** `listener.<this>.` */
  readonly statName: string;
  /** The encoded Listener. */
  readonly bytes: Uint8Array;
  readonly sockets: readonly SocketSpec[];
  /** Of `ConnectionBalance`, by the order of `sockets`; undefined: a worker keeps what it accepts. */
  readonly balance: SharedArrayBuffer | undefined;
}
