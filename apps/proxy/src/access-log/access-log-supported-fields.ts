import type { SupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import { CALL_RETRY_FIELDS } from "../grpc/compile-grpc-service.ts";

/** What of access loggers has an effect. */
export const ACCESS_LOG_SUPPORTED_FIELDS: SupportedFields = {
  "envoy.extensions.access_loggers.file.v3.FileAccessLog": [
    "path",
    "format",
    "json_format",
    "typed_json_format",
    "log_format",
  ],
  "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog": ["log_format"],
  "envoy.extensions.access_loggers.stream.v3.StderrAccessLog": ["log_format"],
  "envoy.config.core.v3.SubstitutionFormatString": [
    "text_format",
    "text_format_source",
    "json_format",
    "omit_empty_values",
    "formatters",
    // Keys are always sorted, which Envoy promises with `sort_properties` only.
    "json_format_options",
    // Of replies: a log has no use for it in Envoy either.
    "content_type",
  ],
  "envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig": [
    "common_config",
    "additional_request_headers_to_log",
    "additional_response_headers_to_log",
    "additional_response_trailers_to_log",
  ],
  "envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig": ["common_config"],
  "envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig": [
    "common_config",
    "grpc_service",
    "http_service",
    "resource_detectors",
    "custom_tags",
    "disable_builtin_labels",
    "resource_attributes",
    "body",
    "attributes",
    "stat_prefix",
    "formatters",
    "log_name",
    "buffer_flush_interval",
    "buffer_size_bytes",
    "filter_state_objects_to_log",
  ],
  "envoy.extensions.access_loggers.grpc.v3.CommonGrpcAccessLogConfig": [
    "filter_state_objects_to_log",
    "log_name",
    "grpc_service",
    "transport_api_version",
    "buffer_flush_interval",
    "buffer_size_bytes",
    "custom_tags",
    "grpc_stream_retry_policy",
  ],
  ...CALL_RETRY_FIELDS,
};
