import type { DownstreamTransportSocketFactory } from "../../../transport-socket/downstream-transport-socket.ts";
import type { UpstreamTransportSocketFactory } from "../../../transport-socket/upstream-transport-socket.ts";

/** Bytes as they are: nothing stands between the socket and the filters. */
export const downstreamRawBufferFactory: DownstreamTransportSocketFactory = {
  compile: () => ({ ok: true, value: undefined }),
};

export const upstreamRawBufferFactory: UpstreamTransportSocketFactory = {
  compile: () => ({ ok: true, value: undefined }),
};
