import type { SocketConnection } from "../connection/socket-connection.ts";
import type { Headers } from "../http/header-map.ts";
import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import type { Tunnel } from "./connection-lifetime.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import type { StreamTimers } from "./stream-timers.ts";

/** What a stream needs of its downstream connection: the connection manager's. */
export interface StreamOwner {
  readonly config: ConnectionManagerConfig;
  readonly connection: SocketConnection;
  /** As Envoy: what the first request says of the client holds for the connection. */
  countUserAgent(headers: Headers): void;
  /** Before each response's head: the listener may be draining. */
  drainIfAsked(): void;
  /** The stream may last for ever; a drain does not wait for it. */
  onTunnel(stream: Tunnel): void;
  onTunnelDone(stream: Tunnel): void;
  /** A stream is through, and gives its timers back. `reusable`: its messages both ended properly. */
  onStreamDone(timers: StreamTimers, reusable: boolean, info: RequestStreamInfo): void;
}
