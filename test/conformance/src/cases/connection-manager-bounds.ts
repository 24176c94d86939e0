import type { ConformanceCase } from "../conformance-case.ts";
import { discovered, fileSource } from "../xds-files.ts";

const TYPE = "type.googleapis.com";
const HCM = `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`;
const FILTERS = `${TYPE}/envoy.extensions.filters.http`;
const DETECTION = `${TYPE}/envoy.extensions.http.original_ip_detection`;
const BUFFER = `{ "@type": ${FILTERS}.buffer.v3.Buffer, max_request_bytes: 1 }`;

const ROUTER = `{ name: envoy.filters.http.router, typed_config: { "@type": ${FILTERS}.router.v3.Router } }`;
const ROUTES =
  'route_config: { virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: / }, direct_response: { status: 204 } }] }] }';

const http1 = (fields: string): string => `http_protocol_options: { ${fields} }`;
const http2 = (fields: string): string => `http2_protocol_options: { ${fields} }`;
const common = (fields: string): string => `common_http_protocol_options: { ${fields} }`;
const setting = (fields: string): string => http2(`custom_settings_parameters: [${fields}]`);
const keepalive = (fields: string): string => http2(`connection_keepalive: { ${fields} }`);
const mapper = (fields: string): string =>
  `local_reply_config: { mappers: [{ filter: { not_health_check_filter: {} }, ${fields} }] }`;
const format = (fields: string): string => `local_reply_config: { body_format: { ${fields} } }`;
const detection = (type: string, fields = ""): string =>
  `original_ip_detection_extensions: [{ name: x, typed_config: { "@type": ${DETECTION}.${type} ${fields === "" ? "" : `, ${fields}`} } }]`;
const xff = (fields = ""): string => detection("xff.v3.XffConfig", fields);
const customHeader = (fields = ""): string => detection("custom_header.v3.CustomHeaderConfig", fields);

/** Fields beside those that a connection manager must have. */
const FIELDS: readonly string[] = [
  // Enumerations, and what stands beside what.
  "codec_type: HTTP3",
  "server_header_transformation: 9",
  "codec_type: 9",
  "forward_client_cert_details: 9",
  "path_with_escaped_slashes_action: 9",
  common("headers_with_underscores_action: 9"),
  "strip_matching_host_port: true, strip_any_host_port: true",
  "strip_matching_host_port: true, strip_any_host_port: false",
  "proxy_status_config: { use_node_id: true }",
  "stream_error_on_invalid_http_message: false, http2_protocol_options: { override_stream_error_on_invalid_http_message: true }",
  // Texts.
  'server_name: "a\\nb"',
  'via: "a\\nb"',
  'server_name: "aéb"',
  'proxy_status_config: { literal_proxy_name: "a b" }',
  // Sizes and counts.
  ...[0, 1, 8192, 8193].map((kb) => `max_request_headers_kb: ${kb}`),
  ...[0, 1].map((count) => common(`max_headers_count: ${count}`)),
  common("max_requests_per_connection: 0"),
  common("max_response_headers_kb: 10"),
  ...[65_534, 65_535, 2_147_483_647, 2_147_483_648].map((size) =>
    http2(`initial_stream_window_size: ${size}`),
  ),
  ...[65_534, 65_535, 2_147_483_648].map((size) => http2(`initial_connection_window_size: ${size}`)),
  ...[0, 1, 2_147_483_648].map((streams) => http2(`max_concurrent_streams: ${streams}`)),
  http2("max_outbound_frames: 0"),
  http2("max_outbound_control_frames: 0"),
  http2("max_inbound_window_update_frames_per_data_frame_sent: 0"),
  http2("max_inbound_priority_frames_per_stream: 0"),
  http2("max_consecutive_inbound_frames_with_empty_payload: 0"),
  http2("hpack_table_size: 4294967295"),
  ...[63, 64].map((kb) => `max_request_headers_kb: 96, ${http2(`max_header_field_size_kb: ${kb}`)}`),
  ...[256, 257].map((kb) => `max_request_headers_kb: 300, ${http2(`max_header_field_size_kb: ${kb}`)}`),
  http2("max_header_field_size_kb: 64"),
  `max_request_headers_kb: 65, ${http2("max_header_field_size_kb: 66")}`,
  http2("enable_huffman_encoding: false"),
  // Settings and keepalive.
  setting("{ identifier: 99, value: 1 }, { identifier: 99, value: 2 }"),
  setting("{ identifier: 99, value: 1 }, { identifier: 99, value: 1 }"),
  ...[0, 2, 8, 65_535, 65_536].map((identifier) => setting(`{ identifier: ${identifier}, value: 1 }`)),
  setting("{ identifier: 99 }"),
  setting("{ value: 1 }"),
  http2("hpack_table_size: 1, custom_settings_parameters: [{ identifier: 1, value: 1 }]"),
  keepalive("interval: 1s"),
  keepalive("timeout: 1s"),
  keepalive("interval: 0s, timeout: 1s"),
  keepalive("interval: 0.0005s, timeout: 1s"),
  keepalive("interval: 1s, timeout: 0s"),
  keepalive("interval: 1s, timeout: 1s, interval_jitter: { value: 101 }"),
  keepalive("interval: 1s, timeout: 1s, connection_idle_interval: 0s"),
  // Times.
  ...[
    "stream_idle_timeout",
    "request_timeout",
    "request_headers_timeout",
    "drain_timeout",
    "delayed_close_timeout",
    "stream_flush_timeout",
  ].map((field) => `${field}: -1s`),
  ...["idle_timeout", "max_stream_duration", "max_connection_duration"].flatMap((field) => [
    common(`${field}: -1s`),
    common(`${field}: 0s`),
  ]),
  common("max_connection_duration: 10s, max_connection_duration_jitter: { value: 101 }"),
  common("max_connection_duration_jitter: { value: 10 }"),
  "drain_timeout_jitter: { value: 101 }",
  "drain_timeout_jitter: { value: -1 }",
  "request_timeout: 315576000000s",
  "request_timeout: 0.0001s",
  "access_log_options: { access_log_flush_interval: 0.0005s }",
  "access_log_options: { access_log_flush_interval: 0.001s }",
  "access_log_options: {}, access_log_flush_interval: 1s",
  "access_log_options: {}, flush_access_log_on_new_request: true",
  // Addresses.
  "internal_address_config: { cidr_ranges: [{ address_prefix: x, prefix_len: 8 }] }",
  "internal_address_config: { cidr_ranges: [{ address_prefix: 10.0.0.0, prefix_len: 33 }] }",
  "internal_address_config: { cidr_ranges: [{ address_prefix: 10.0.0.0 }] }",
  `use_remote_address: true, ${xff()}`,
  `xff_num_trusted_hops: 1, ${xff()}`,
  xff("xff_num_trusted_hops: 1, xff_trusted_cidrs: { cidrs: [{ address_prefix: 10.0.0.0, prefix_len: 8 }] }"),
  xff("xff_trusted_cidrs: {}"),
  xff(),
  customHeader(),
  customHeader("header_name: x-a, reject_with_status: { code: OK }"),
  customHeader('header_name: "x a"'),
  "forward_proto_config: {}",
  ...["[0]", "[65536]", "[1, 1]"].map(
    (ports) => `forward_proto_config: { https_destination_ports: ${ports} }`,
  ),
  "forward_proto_config: { https_destination_ports: [1], http_destination_ports: [1] }",
  ...["ftp", "HTTPS", "https", "http"].map(
    (scheme) => `scheme_header_transformation: { scheme_to_overwrite: ${scheme} }`,
  ),
  // Its own answers.
  "local_reply_config: { mappers: [{ status_code: 500 }] }",
  ...[199, 200, 599, 600].map((status) => mapper(`status_code: ${status}`)),
  mapper("headers_to_add: [{ header: { key: ':status', value: '1' } }]"),
  mapper("headers_to_add: [{ header: { key: host, value: '1' } }]"),
  mapper("headers_to_add: [{ header: { key: 'a b', value: '1' } }]"),
  mapper("headers_to_add: [{ header: { key: a, value: '%NONE%' } }]"),
  mapper("body: { filename: /none }"),
  mapper("body: { environment_variable: HOME }"),
  mapper("body: { environment_variable: NONESUCH }"),
  mapper("body: {}"),
  format(""),
  format("text_format: x"),
  format("text_format_source: { inline_string: '%NONE%' }"),
  format("json_format: { a: '%NONE%' }"),
  format('text_format_source: { inline_string: a }, content_type: "a\\nb"'),
  // Upgrades, ids, certificates, spelling, tracing.
  "upgrade_configs: [{ upgrade_type: websocket }, { upgrade_type: WebSocket }]",
  "upgrade_configs: [{ upgrade_type: websocket }, { upgrade_type: CONNECT }]",
  `upgrade_configs: [{ upgrade_type: websocket, filters: [{ name: b, typed_config: ${BUFFER} }] }]`,
  `upgrade_configs: [{ upgrade_type: websocket, filters: [${ROUTER}, { name: b, typed_config: ${BUFFER} }] }]`,
  "upgrade_configs: [{ enabled: true }]",
  `request_id_extension: { typed_config: ${BUFFER} }`,
  "request_id_extension: {}",
  `forward_client_cert_matcher: { on_no_match: { action: { name: a, typed_config: ${BUFFER} } } }`,
  "set_current_client_cert_details: { format: JSON }",
  http1("header_key_format: {}"),
  http1('accept_http_10: true, default_host_for_http_10: "a b"'),
  http1("ignore_http_11_upgrade: [{ safe_regex: { regex: '[' } }]"),
  "tracing: { client_sampling: { value: 101 } }",
  `early_header_mutation_extensions: [{ name: a, typed_config: ${BUFFER} }]`,
  `early_header_mutation_extensions: [{ name: a, typed_config: { "@type": ${TYPE}/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation } }]`,
  "access_log: [{ name: envoy.access_loggers.file }]",
];

/** Whole connection managers. */
const WHOLE: readonly string[] = [
  `stat_prefix: a, ${ROUTES}, http_filters: [${ROUTER}]`,
  `stat_prefix: "", ${ROUTES}, http_filters: [${ROUTER}]`,
  `stat_prefix: a, http_filters: [${ROUTER}]`,
  `stat_prefix: a, ${ROUTES}`,
  `stat_prefix: a, ${ROUTES}, http_filters: [${ROUTER}, ${ROUTER}]`,
  `stat_prefix: a, ${ROUTES}, http_filters: [${ROUTER}, { name: b, typed_config: ${BUFFER} }]`,
  `stat_prefix: a, ${ROUTES}, http_filters: [{ name: b, typed_config: ${BUFFER} }]`,
  `stat_prefix: a, ${ROUTES}, http_filters: [{ typed_config: ${BUFFER} }, ${ROUTER}]`,
  `stat_prefix: a, ${ROUTES}, http_filters: [{ name: b, typed_config: ${BUFFER} }, { name: b, typed_config: ${BUFFER} }, ${ROUTER}]`,
  `stat_prefix: a, ${ROUTES}, http_filters: [{ name: b }, ${ROUTER}]`,
  `stat_prefix: a, ${ROUTES}, http_filters: [{ name: b, disabled: true, typed_config: ${BUFFER} }, ${ROUTER}]`,
  `stat_prefix: a, ${ROUTES}, http_filters: [${ROUTER.replace("{", "{ disabled: true,")}]`,
  `stat_prefix: a, rds: { route_config_name: a }, http_filters: [${ROUTER}]`,
  `stat_prefix: a, scoped_routes: { name: "" }, http_filters: [${ROUTER}]`,
];

const MANAGERS: readonly string[] = [
  ...WHOLE,
  ...FIELDS.map((fields) => `stat_prefix: a, ${ROUTES}, http_filters: [${ROUTER}], ${fields}`),
];

const listener = (name: string, fields: string): string =>
  `name: ${name}, address: { socket_address: { address: 127.0.0.1, port_value: 0 } }, filter_chains: [{ filters: [{ name: h, typed_config: { "@type": ${HCM}, ${fields} } }] }]`;

export const CONNECTION_MANAGER_BOUND_CASES: readonly ConformanceCase[] = [
  {
    title: "which connection managers are taken and which are refused",
    yaml: `
node: { id: node, cluster: nodes }
dynamic_resources: { lds_config: ${fileSource("lds.yaml")} }
`,
    files: {
      "lds.yaml": discovered("1", "envoy.config.listener.v3.Listener", [
        listener("main", MANAGERS[0] ?? ""),
        ...MANAGERS.map((fields, i) => listener(`at${i}`, fields)),
      ]),
    },
    observe: async ({ proxy }) => {
      const names = (await proxy.admin("/listeners")).split("\n").map((line) => line.split("::", 1)[0]);
      const known = new Set(names);
      return Object.fromEntries(
        MANAGERS.map((fields, i) => [fields, known.has(`at${i}`) ? "taken" : "refused"]),
      );
    },
  },
];
