import type { ByteCounts, StreamInfo } from "@sluice/extension-api";
import { type OperatorCompiler, type OperatorTable, plain } from "./operator.ts";

const downstream = (count: keyof ByteCounts): OperatorCompiler =>
  counted((info) => info.downstreamBytes, count);
const upstream = (count: keyof ByteCounts): OperatorCompiler => counted((info) => info.upstreamBytes, count);

function counted(
  pick: (info: StreamInfo) => ByteCounts | undefined,
  count: keyof ByteCounts,
): OperatorCompiler {
  return plain(({ streamInfo }) => pick(streamInfo)?.[count] ?? 0);
}

/** What streams took on the wire; 0 where nothing was metered. */
export const BYTE_OPERATORS: OperatorTable = {
  DOWNSTREAM_WIRE_BYTES_SENT: downstream("wireBytesSent"),
  DOWNSTREAM_WIRE_BYTES_RECEIVED: downstream("wireBytesReceived"),
  DOWNSTREAM_HEADER_BYTES_SENT: downstream("headerBytesSent"),
  DOWNSTREAM_HEADER_BYTES_RECEIVED: downstream("headerBytesReceived"),
  DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT: downstream("decompressedHeaderBytesSent"),
  DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED: downstream("decompressedHeaderBytesReceived"),
  UPSTREAM_WIRE_BYTES_SENT: upstream("wireBytesSent"),
  UPSTREAM_WIRE_BYTES_RECEIVED: upstream("wireBytesReceived"),
  UPSTREAM_HEADER_BYTES_SENT: upstream("headerBytesSent"),
  UPSTREAM_HEADER_BYTES_RECEIVED: upstream("headerBytesReceived"),
  UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT: upstream("decompressedHeaderBytesSent"),
  UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED: upstream("decompressedHeaderBytesReceived"),
};
