import type {
  Clock,
  ConnectionInfo,
  HeaderMap,
  MatchedRoute,
  Random,
  Timers,
  UpstreamOverrideHost,
  WatermarkCallbacks,
} from "@sluice/extension-api";
import type { Headers } from "../http/header-map.ts";
import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import type { RoutePerFilter } from "./filter-chain-config.ts";
import type { LocalReplyRewriter } from "./local-reply.ts";

/** What the filter chain needs of the stream that it belongs to: the connection manager's end of it. */
export interface StreamHost extends LocalReplyRewriter {
  readonly streamId: number;
  readonly streamInfo: RequestStreamInfo;
  readonly connection: ConnectionInfo;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly bufferLimitBytes: number;
  readonly requestHeaders: Headers | undefined;
  /** The endpoint that a filter wants. */
  overrideHost: UpstreamOverrideHost | undefined;
  route(): (MatchedRoute & RoutePerFilter) | undefined;
  clearRouteCache(): void;
  /** The response as it left the filters. */
  writeInformational(headers: Headers): void;
  writeHeaders(headers: Headers, endStream: boolean): void;
  writeData(chunk: Uint8Array, endStream: boolean): void;
  writeTrailers(trailers: Headers): void;
  /** Where messages follow one another, none follows this one. */
  refuseReuse(): void;
  /** The rest of the request is not read: where messages follow one another, what answers it is ahead of its end. */
  leaveUnread(): void;
  /** Ends the stream without a (whole) response. */
  abort(): void;
  readDisable(disable: boolean): void;
  /** Counted, as `readDisable`: the response's source is to wait, whatever the client's watermarks say. */
  holdResponse(hold: boolean): void;
  /** A message is longer than may be buffered of it: the answer that says so, or the stream's end, follows. */
  onTooLarge(message: "request" | "response"): void;
  /** A local reply begins, unless it is too late for one. */
  beforeLocalReply(status: number): void;
  /** Where filters do not answer by themselves but have it done (upstream filters): called in place of a local reply. */
  answer?(
    status: number,
    body: string,
    details: string,
    modify?: (headers: HeaderMap) => void,
    grpcStatus?: number,
  ): void;
  setWatermarkCallbacks(callbacks: WatermarkCallbacks | undefined): void;
  recreate(): boolean;
  /** A filter passed a bug: log it; the stream ends with 500. */
  onFilterBug(error: unknown): void;
}
