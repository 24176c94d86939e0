import type { DecoderCallbacks } from "@sluice/extension-api";
import { ActiveFilter } from "../http-filter/active-filter.ts";
import { HttpStream } from "./http-stream.ts";

/** The connection manager's stream behind a filter's callbacks, for filters that are part of this proxy (router). */
export function streamOf(callbacks: DecoderCallbacks): HttpStream {
  if (callbacks instanceof ActiveFilter && callbacks.manager.host instanceof HttpStream)
    return callbacks.manager.host;
  throw new Error("a router outside of a connection manager");
}
