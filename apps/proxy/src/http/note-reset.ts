import { ResponseFlag } from "@sluice/extension-api";
import type { StreamResetReason } from "./codec.ts";
import type { RequestStreamInfo } from "./request-stream-info.ts";

/** What the access log says of a request that the client gave up. `answered`: its response had begun. */
export function noteReset(
  info: RequestStreamInfo,
  reason: StreamResetReason,
  details: string,
  answered: boolean,
): void {
  if (details !== "") {
    const broken = reason === "protocol error";
    info.setResponseFlag(broken ? ResponseFlag.DownstreamProtocolError : ResponseFlag.DownstreamRemoteReset);
    info.responseCodeDetails = details;
    return;
  }
  info.setResponseFlag(ResponseFlag.DownstreamConnectionTermination);
  if (info.responseCodeDetails === "" || answered) info.responseCodeDetails = "downstream_remote_disconnect";
}
