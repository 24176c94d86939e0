import type { ClusterInfo } from "../cluster/thread-local-cluster.ts";
import type { SocketConnection } from "../connection/socket-connection.ts";
import type { ClientCodec, ClientCodecCallbacks } from "../http/codec.ts";
import { Http1ClientCodec } from "../http/h1/client-codec.ts";

/** What a pool's connections speak; `auto`: each what ALPN came to. */
export type PoolProtocol = "http1" | "http2" | "auto";

/** The codec of a connection that stands. */
export function createClientCodec(
  _protocol: PoolProtocol,
  connection: SocketConnection,
  callbacks: ClientCodecCallbacks,
  info: ClusterInfo,
): ClientCodec {
  return new Http1ClientCodec(connection, callbacks, info.http1);
}
