import type { Compiled } from "@sluice/extension-api";
import type { AccessLog } from "@sluice/xds/gen/envoy/config/accesslog/v3/accesslog_pb.js";
import type { FormatContext } from "../formatter/format-context.ts";

/** One configured `access_log` entry: its filter and its sink. */
export interface AccessLogger {
  /** At the end of a stream or connection. Must not throw, must not block; a full buffer drops and counts. */
  log(context: FormatContext): void;
}

export interface AccessLoggerFactory {
  /** All of an `access_log` list; `path` is where it stands, for problems. `listenerName` labels gRPC logs. */
  compile(configs: readonly AccessLog[], path: string): Compiled<readonly AccessLogger[]>;
}
