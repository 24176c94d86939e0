import type { Problem } from "@sluice/extension-api";
import type { HttpConnectionManager as Config } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";

/** Seconds that Envoy can count in nanoseconds. */
const SECONDS_MAX = 9_223_372_036n;

/** Times that the schema's rules let pass and Envoy does not: negative ones, and those of centuries. */
export function durationProblems(config: Config): readonly Problem[] {
  const common = config.commonHttpProtocolOptions;
  const times = {
    stream_idle_timeout: config.streamIdleTimeout,
    stream_flush_timeout: config.streamFlushTimeout,
    request_timeout: config.requestTimeout,
    request_headers_timeout: config.requestHeadersTimeout,
    drain_timeout: config.drainTimeout,
    delayed_close_timeout: config.delayedCloseTimeout,
    "common_http_protocol_options.idle_timeout": common?.idleTimeout,
    "common_http_protocol_options.max_stream_duration": common?.maxStreamDuration,
    "common_http_protocol_options.max_connection_duration": common?.maxConnectionDuration,
  };
  return Object.entries(times).flatMap(([path, time]): Problem[] => {
    if (time === undefined) return [];
    if (time.seconds < 0n || time.nanos < 0)
      return [{ path, message: "a time cannot be negative", severity: "error" }];
    if (time.seconds > SECONDS_MAX) return [{ path, message: "the time is out of range", severity: "error" }];
    return [];
  });
}
