import type { Clock, ConnectionInfo } from "@sluice/extension-api";
import type { FormatContext } from "../../formatter/format-context.ts";
import { RequestStreamInfo } from "../../stream-info/request-stream-info.ts";
import type { HostSpec } from "../cluster-config.ts";

/** Nobody's connection: Envoy gives a check's request this address on both sides. */
const NOBODY = "127.0.0.1:0";
const NO_CONNECTION: ConnectionInfo = {
  id: 0,
  directRemoteAddress: NOBODY,
  remoteAddress: NOBODY,
  localAddress: NOBODY,
  requestedServerName: undefined,
  tls: undefined,
};

/** What command operators of a check's headers tell of: the host, the protocol that is configured and the time. */
export function checkContext(
  host: Pick<HostSpec, "address" | "hostname" | "metadata">,
  protocol: "HTTP/1.1" | "HTTP/2",
  clock: Clock,
): FormatContext {
  const streamInfo = new RequestStreamInfo(clock.wallMs(), clock.nowMs());
  streamInfo.protocol = protocol;
  // It tells of a request that has only begun.
  streamInfo.durationMs = 0;
  streamInfo.onUpstreamTry(host);
  return {
    request: undefined,
    response: undefined,
    responseTrailers: undefined,
    streamInfo,
    connection: NO_CONNECTION,
  };
}
