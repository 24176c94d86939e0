import type { ClusterInfo } from "../cluster/thread-local-cluster.ts";
import type { SocketConnection } from "../connection/socket-connection.ts";
import type { ClientCodec, ClientCodecCallbacks } from "../http/codec.ts";
import { Http1ClientCodec } from "../http/h1/client-codec.ts";
import { Http2ClientCodec } from "../http/h2/client-codec.ts";

/** What a pool's connections speak; `auto`: each what ALPN came to. */
export type PoolProtocol = "http1" | "http2" | "auto";

/** The codec of a connection that stands. */
export function createClientCodec(
  protocol: PoolProtocol,
  connection: SocketConnection,
  callbacks: ClientCodecCallbacks,
  info: ClusterInfo,
): ClientCodec {
  const { http1, http2 } = info;
  // A peer without ALPN hardly speaks HTTP/2.
  const multiplexed = protocol === "auto" ? connection.tls?.alpn === "h2" : protocol === "http2";
  if (multiplexed && http2 !== undefined) return new Http2ClientCodec(connection, callbacks, http2);
  return new Http1ClientCodec(connection, callbacks, http1);
}
