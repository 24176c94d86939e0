import type { Compiled, ConnectionInfo, HeaderMap, StreamInfo } from "@sluice/extension-api";
import type { AccessLog } from "@sluice/xds/gen/envoy/config/accesslog/v3/accesslog_pb.js";

/** What a log line or a header formatter may print from. */
export interface FormatContext {
  readonly request: HeaderMap | undefined;
  readonly response: HeaderMap | undefined;
  readonly responseTrailers: HeaderMap | undefined;
  readonly streamInfo: StreamInfo;
  readonly connection: ConnectionInfo;
  /** %LOCAL_REPLY_BODY%: the body of a local reply or direct response before it is formatted. */
  readonly localReplyBody?: string | undefined;
  /** %ACCESS_LOG_TYPE%; undefined: not a log entry, or one of no kind. */
  readonly accessLogType?: AccessLogType | undefined;
  /** Of the span of this request, hex. */
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  /** `filter_metadata` of the matched route. */
  readonly routeMetadata?: Readonly<Record<string, unknown>> | undefined;
  /** The same of its virtual host. */
  readonly virtualHostMetadata?: Readonly<Record<string, unknown>> | undefined;
  /** %LISTENER_NAME%. */
  readonly listenerName?: string | undefined;
}

export type MetadataSource =
  | "DYNAMIC"
  | "CLUSTER"
  | "ROUTE"
  | "UPSTREAM_HOST"
  | "LISTENER"
  | "VIRTUAL_HOST"
  | "LISTENER_FILTER_CHAIN";

/** Why an entry is written, by the names of `envoy.data.accesslog.v3.AccessLogType`. */
export type AccessLogType =
  | "TcpUpstreamConnected"
  | "TcpPeriodic"
  | "TcpConnectionStart"
  | "TcpConnectionEnd"
  | "DownstreamStart"
  | "DownstreamPeriodic"
  | "DownstreamEnd"
  | "UpstreamPoolReady"
  | "UpstreamPeriodic"
  | "UpstreamEnd"
  | "DownstreamTunnelSuccessfullyEstablished"
  | "UdpTunnelUpstreamConnected"
  | "UdpPeriodic"
  | "UdpSessionEnd";

/** One configured `access_log` entry: its filter and its sink. */
export interface AccessLogger {
  /** At the end of a stream or connection. Must not throw, must not block; a full buffer drops and counts. */
  log(context: FormatContext): void;
}

export interface AccessLoggerFactory {
  /** All of an `access_log` list; `path` is where it stands, for problems. `listenerName` labels gRPC logs. */
  compile(configs: readonly AccessLog[], path: string): Compiled<readonly AccessLogger[]>;
}

/** Envoy's `%OPERATOR(args):length%` language, compiled (access logs, header values, local replies). */
export interface SubstitutionFormatter {
  /** Missing values print as `-` (`""` with omit_empty_values). */
  format(context: FormatContext): string;
}
