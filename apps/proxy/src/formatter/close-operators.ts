import type { DetectedCloseType } from "@sluice/extension-api";
import type { FormatContext } from "./format-context.ts";
import { type OperatorTable, plain, text } from "./operator.ts";

/** As in Envoy a connection tells that to its own logs, and nothing of it to those of its requests. */
function downstreamCloseType({ request, connection }: FormatContext): DetectedCloseType {
  return request === undefined ? (connection.detectedCloseType ?? "Normal") : "Normal";
}

/** A request that was tried at all has no other, since its connection is its pool's. */
function upstreamCloseType({ streamInfo }: FormatContext): DetectedCloseType | undefined {
  const { upstreamSession, upstreamHostName } = streamInfo;
  return upstreamSession?.detectedCloseType ?? (upstreamHostName === undefined ? undefined : "Normal");
}

export const CLOSE_OPERATORS: OperatorTable = {
  DOWNSTREAM_DETECTED_CLOSE_TYPE: plain(downstreamCloseType),
  DOWNSTREAM_LOCAL_CLOSE_REASON: text(({ request, connection }) =>
    request === undefined ? connection.localCloseReason : undefined,
  ),
  UPSTREAM_DETECTED_CLOSE_TYPE: plain(upstreamCloseType),
  UPSTREAM_LOCAL_CLOSE_REASON: text(({ streamInfo }) => streamInfo.upstreamSession?.localCloseReason),
};
