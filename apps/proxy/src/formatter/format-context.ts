import type { ConnectionInfo, HeaderMap, StreamInfo } from "@sluice/extension-api";

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

/** Envoy's `%OPERATOR(args):length%` language, compiled (access logs, header values, local replies). */
export interface SubstitutionFormatter {
  /** Missing values print as `-` (`""` with omit_empty_values). */
  format(context: FormatContext): string;
}
