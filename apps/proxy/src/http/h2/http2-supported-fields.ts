/** The fields that have their effect; manifests list them. */
export const HTTP2_SUPPORTED_FIELDS: Readonly<Record<string, readonly string[]>> = {
  "envoy.config.core.v3.Http2ProtocolOptions": [
    "hpack_table_size",
    "max_concurrent_streams",
    "initial_stream_window_size",
    "initial_connection_window_size",
    "allow_connect",
    "max_outbound_frames",
    "max_outbound_control_frames",
    "max_consecutive_inbound_frames_with_empty_payload",
    "max_inbound_priority_frames_per_stream",
    "max_inbound_window_update_frames_per_data_frame_sent",
    "stream_error_on_invalid_http_messaging",
    "override_stream_error_on_invalid_http_message",
    "custom_settings_parameters",
    "connection_keepalive",
  ],
  "envoy.config.core.v3.Http2ProtocolOptions.SettingsParameter": ["identifier", "value"],
  "envoy.config.core.v3.KeepaliveSettings": [
    "interval",
    "timeout",
    "interval_jitter",
    "connection_idle_interval",
  ],
};
