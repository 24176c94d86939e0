import type { DecoderCallbacks } from "@sluice/extension-api";
import type { FormatContext } from "../formatter/format-context.ts";

type FormatSources = Pick<
  FormatContext,
  "streamInfo" | "connection" | "routeMetadata" | "virtualHostMetadata"
>;

/** What a filter's formats may print from besides messages. */
export function formatSources(callbacks: DecoderCallbacks): FormatSources {
  const { streamInfo, connection } = callbacks;
  const route = callbacks.route();
  return {
    streamInfo,
    connection,
    routeMetadata: route?.metadata,
    virtualHostMetadata: route?.virtualHostMetadata,
  };
}
