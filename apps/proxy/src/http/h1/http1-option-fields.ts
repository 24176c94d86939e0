/** Fields of Http1ProtocolOptions with an effect towards clients. */
export const HTTP1_SERVER_FIELDS = [
  "allow_absolute_url",
  "accept_http_10",
  "default_host_for_http_10",
  "header_key_format",
  "enable_trailers",
  "allow_chunked_length",
  "override_stream_error_on_invalid_http_message",
  "allow_custom_methods",
  "ignore_http_11_upgrade",
] as const;

/** Fields of Http1ProtocolOptions with an effect towards upstreams. */
export const HTTP1_CLIENT_FIELDS = [
  "header_key_format",
  "enable_trailers",
  "allow_chunked_length",
  "send_fully_qualified_url",
  // Envoy asks them of requests from clients only, and control planes write them on both sides.
  "accept_http_10",
  "default_host_for_http_10",
] as const;

/** Both sides' messages below Http1ProtocolOptions. */
export const HEADER_KEY_FORMAT_FIELDS = {
  "envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat": ["proper_case_words", "stateful_formatter"],
  "envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords": [],
} as const;
