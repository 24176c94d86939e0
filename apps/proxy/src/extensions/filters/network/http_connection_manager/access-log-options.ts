import type { Problem } from "@sluice/extension-api";
import type { HttpConnectionManager as Config } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { durationMs } from "../../../../config-message/duration-ms.ts";
import type { AccessLogOptions } from "../../../../http-connection-manager/connection-manager-config.ts";

/** `access_log_options`, or the older fields of the connection manager itself. */
export function compileAccessLogOptions(config: Config): AccessLogOptions {
  const options = config.accessLogOptions;
  return {
    onNewRequest: options?.flushAccessLogOnNewRequest ?? config.flushAccessLogOnNewRequest,
    onTunnel: options?.flushLogOnTunnelSuccessfullyEstablished ?? false,
    intervalMs: durationMs((options ?? config).accessLogFlushInterval, 0),
  };
}

/** The older fields do not stand beside the message. */
export function accessLogProblems(config: Config): readonly Problem[] {
  if (config.accessLogOptions === undefined) return [];
  const older: readonly (readonly [field: string, set: boolean])[] = [
    ["flush_access_log_on_new_request", config.flushAccessLogOnNewRequest],
    ["access_log_flush_interval", config.accessLogFlushInterval !== undefined],
  ];
  return older
    .filter(([, set]) => set)
    .map(([path]) => ({
      path,
      message: `only one of ${path} and access_log_options can be specified`,
      severity: "error",
    }));
}
