import { ResponseFlag } from "@sluice/extension-api";
import type { StreamResetReason } from "../../../../http/codec.ts";

/** What a reset of the last try is to the client. */
export interface ResetReply {
  readonly status: number;
  readonly body: string;
  readonly details: string;
}

const RESET_FLAGS: Readonly<Record<StreamResetReason, ResponseFlag>> = {
  "local reset": ResponseFlag.LocalReset,
  "local refused stream reset": ResponseFlag.LocalReset,
  "remote reset": ResponseFlag.UpstreamRemoteReset,
  "remote refused stream reset": ResponseFlag.UpstreamRemoteReset,
  "connect error": ResponseFlag.UpstreamRemoteReset,
  "connection termination": ResponseFlag.UpstreamConnectionTermination,
  "local connection failure": ResponseFlag.UpstreamConnectionFailure,
  "remote connection failure": ResponseFlag.UpstreamConnectionFailure,
  "connection timeout": ResponseFlag.UpstreamConnectionFailure,
  overflow: ResponseFlag.UpstreamOverflow,
  "protocol error": ResponseFlag.UpstreamProtocolError,
};

export function flagOfReset(reason: StreamResetReason): ResponseFlag {
  return RESET_FLAGS[reason];
}

export function statusOfReset(reason: StreamResetReason): number {
  return reason === "protocol error" ? 502 : 503;
}

/** Envoy's words. `late`: the response had begun. */
export function resetReply(
  reason: StreamResetReason,
  transportFailure: string,
  retried: boolean,
  late: boolean,
): ResetReply {
  const transport = transportFailure === "" || reason === "protocol error" ? "" : `|${transportFailure}`;
  const kind = late ? "upstream_reset_after_response_started" : "upstream_reset_before_response_started";
  return {
    status: statusOfReset(reason),
    body: `upstream connect error or disconnect/reset before headers. ${retried ? "retried and the latest " : ""}reset reason: ${reason}`,
    details: `${kind}{${reason}${transport}}`.replaceAll(" ", "_"),
  };
}
