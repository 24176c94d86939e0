import { ResponseFlag } from "@sluice/extension-api";
import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import type { StreamResetReason } from "./codec.ts";

/** Envoy's details of a stream that an overloaded proxy gave up with its connection. */
export const FORCED_GOAWAY = "forced_goaway";

/** What the end of a stream from here is to its client. As Envoy: of a tunnel that its upstream failed an error of its own. */
export function resetReasonOf({ responseFlags }: RequestStreamInfo, isTunnel: boolean): StreamResetReason {
  return isTunnel && (responseFlags & UNCONNECTED) !== 0 ? "connect error" : "local reset";
}

const UNCONNECTED = ResponseFlag.UpstreamConnectionFailure | ResponseFlag.UpstreamConnectionTermination;

/** What the access log says of a request that ended before its time. `answered`: its response had begun. */
export function noteReset(
  info: RequestStreamInfo,
  reason: StreamResetReason,
  details: string,
  answered: boolean,
): void {
  if (reason === "overload manager") {
    info.setResponseFlag(ResponseFlag.OverloadManager);
    info.responseCodeDetails = details;
    return;
  }
  if (reason === "connection termination" && details !== "") {
    if (details !== FORCED_GOAWAY) info.setResponseFlag(ResponseFlag.DownstreamConnectionTermination);
    info.responseCodeDetails = details;
    return;
  }
  if (details !== "") {
    // As Envoy: what its codec has to say of a reset from here is the client's doing.
    const broken = reason === "protocol error" || reason === "local reset";
    info.setResponseFlag(broken ? ResponseFlag.DownstreamProtocolError : ResponseFlag.DownstreamRemoteReset);
    info.responseCodeDetails = details;
    return;
  }
  info.setResponseFlag(ResponseFlag.DownstreamConnectionTermination);
  if (info.responseCodeDetails === "" || answered) info.responseCodeDetails = "downstream_remote_disconnect";
}
