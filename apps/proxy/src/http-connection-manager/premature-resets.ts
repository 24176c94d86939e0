import { ResponseFlag, type Runtime } from "@sluice/extension-api";
import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";

/**
 * Envoy's defence against clients that open streams only to reset them ("rapid reset"): once half of a connection's streams
 * ended unanswered within a second, the connection is of no use. Runtime keys `overload.premature_reset_total_stream_count`
 * (default 500) and `overload.premature_reset_min_stream_lifetime_seconds` (default 1).
 */
export class PrematureResets {
  private readonly runtime: Runtime;
  private streams = 0;
  private premature = 0;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  /** A stream has ended. True: that was one too many. */
  exceededBy(info: RequestStreamInfo): boolean {
    this.streams++;
    // Only the client's own resets: an error of the connection ends all its streams at once.
    if (info.responseCode !== 0 || (info.responseFlags & ResponseFlag.DownstreamRemoteReset) === 0)
      return false;
    const { runtime } = this;
    const lifetimeSeconds = Math.floor((info.durationMs ?? 0) / 1000);
    if (lifetimeSeconds > runtime.integer("overload.premature_reset_min_stream_lifetime_seconds", 1)) {
      return false;
    }
    this.premature++;
    const limit = runtime.integer("overload.premature_reset_total_stream_count", 500);
    // Before the limit: even if all that follow were good, the connection would be over it.
    return this.premature * 2 >= Math.max(this.streams, limit);
  }
}
