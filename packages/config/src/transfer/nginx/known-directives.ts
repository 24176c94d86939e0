/**
 * Directives that change how fast or how much, or what is written where, but never who gets an answer from whom: what they
 * stand in is carried over without them, and the preview tells each. A block with a directive that is neither here nor
 * translated is left out as a whole: it might keep people out.
 */
const WITHOUT_EFFECT = new Set([
  ..."accept_mutex access_log aio brotli brotli_comp_level brotli_types charset client_body_buffer_size".split(
    " ",
  ),
  ..."client_body_in_file_only client_body_temp_path client_header_buffer_size default_type directio etag".split(
    " ",
  ),
  ..."error_log expires gzip gzip_buffers gzip_comp_level gzip_disable gzip_http_version gzip_min_length".split(
    " ",
  ),
  ..."gzip_proxied gzip_static gzip_types gzip_vary http2_max_concurrent_streams keepalive keepalive_disable".split(
    " ",
  ),
  ..."keepalive_requests keepalive_time keepalive_timeout large_client_header_buffers log_format log_not_found".split(
    " ",
  ),
  ..."log_subrequest msie_padding open_file_cache output_buffers postpone_output proxy_buffer_size".split(
    " ",
  ),
  ..."proxy_buffering proxy_buffers proxy_busy_buffers_size proxy_headers_hash_bucket_size".split(" "),
  ..."proxy_headers_hash_max_size proxy_max_temp_file_size proxy_request_buffering proxy_socket_keepalive".split(
    " ",
  ),
  ..."proxy_temp_file_write_size proxy_temp_path read_ahead reset_timedout_connection resolver".split(" "),
  ..."resolver_timeout send_lowat sendfile sendfile_max_chunk server_names_hash_bucket_size".split(" "),
  ..."server_names_hash_max_size server_tokens ssl_buffer_size ssl_session_cache ssl_session_tickets".split(
    " ",
  ),
  ..."ssl_session_timeout tcp_nodelay tcp_nopush types types_hash_bucket_size types_hash_max_size".split(" "),
  ..."variables_hash_bucket_size variables_hash_max_size zone".split(" "),
  // Definitions: what uses them is told where it stands.
  ..."geo limit_conn_zone limit_req_zone map split_clients".split(" "),
]);

/** As above, but somebody may rely on them: limits, and what happens when an upstream fails. */
const WORTH_A_LOOK = new Set([
  ..."client_body_timeout client_header_timeout client_max_body_size lingering_close lingering_time".split(
    " ",
  ),
  ..."lingering_timeout max_ranges merge_slashes port_in_redirect proxy_cache proxy_cache_bypass".split(" "),
  ..."proxy_cache_key proxy_cache_lock proxy_cache_path proxy_cache_use_stale proxy_cache_valid".split(" "),
  ..."proxy_no_cache proxy_ignore_headers proxy_next_upstream proxy_next_upstream_timeout".split(" "),
  ..."proxy_next_upstream_tries proxy_redirect proxy_cookie_domain proxy_cookie_path proxy_set_body".split(
    " ",
  ),
  ..."proxy_pass_header proxy_hide_header proxy_intercept_errors error_page proxy_send_timeout".split(" "),
  ..."send_timeout server_name_in_redirect ssl_ciphers ssl_prefer_server_ciphers ssl_dhparam".split(" "),
  ..."ssl_ecdh_curve ssl_stapling ssl_stapling_verify ssl_trusted_certificate underscores_in_headers".split(
    " ",
  ),
  ..."absolute_redirect chunked_transfer_encoding proxy_ssl_session_reuse proxy_ssl_protocols".split(" "),
  ..."ignore_invalid_headers recursive_error_pages proxy_ssl_ciphers".split(" "),
]);

export function fateOf(name: string): "without_effect" | "worth_a_look" | "unknown" {
  if (WITHOUT_EFFECT.has(name)) return "without_effect";
  return WORTH_A_LOOK.has(name) ? "worth_a_look" : "unknown";
}
