import { any, type Dice, type JsonObject } from "./dice.ts";
import { formatText, mutationList } from "./header-edits.ts";

/** Random options of a HttpConnectionManager. */
export function managerOptions(dice: Dice): JsonObject {
  const made = options(dice);
  const detects =
    made.use_remote_address === true || "xff_num_trusted_hops" in made || "skip_xff_append" in made;
  return detects
    ? made
    : { ...made, ...dice.fields({ original_ip_detection_extensions: [0.3, () => [detection(dice)]] }) };
}

function options(dice: Dice): JsonObject {
  return {
    ...dice.fields({
      normalize_path: [0.5, () => dice.chance(0.8)],
      merge_slashes: [0.4, () => true],
      path_with_escaped_slashes_action: [
        0.5,
        () =>
          dice.pick(["KEEP_UNCHANGED", "REJECT_REQUEST", "UNESCAPE_AND_REDIRECT", "UNESCAPE_AND_FORWARD"]),
      ],
      strip_trailing_host_dot: [0.4, () => true],
      use_remote_address: [0.5, () => dice.chance(0.7)],
      skip_xff_append: [0.2, () => true],
      xff_num_trusted_hops: [0.3, () => dice.below(3)],
      append_x_forwarded_port: [0.3, () => true],
      via: [0.3, () => "gen"],
      server_name: [0.3, () => "gen-server"],
      server_header_transformation: [0.6, () => dice.pick(["OVERWRITE", "APPEND_IF_ABSENT", "PASS_THROUGH"])],
      scheme_header_transformation: [0.3, () => ({ scheme_to_overwrite: dice.pick(["http", "https"]) })],
      add_user_agent: [0.3, () => true],
      generate_request_id: [0.3, () => dice.chance(0.5)],
      preserve_external_request_id: [0.3, () => true],
      always_set_request_id_in_response: [0.3, () => true],
      represent_ipv4_remote_address_as_ipv4_mapped_ipv6: [0.1, () => true],
      stream_error_on_invalid_http_message: [0.3, () => true],
      proxy_100_continue: [0.2, () => true],
      internal_address_config: [
        0.4,
        () => ({
          unix_sockets: false,
          cidr_ranges: [{ address_prefix: dice.pick(["127.0.0.0", "10.0.0.0"]), prefix_len: 8 }],
        }),
      ],
      forward_client_cert_details: [
        0.4,
        () =>
          dice.pick(["SANITIZE", "FORWARD_ONLY", "APPEND_FORWARD", "SANITIZE_SET", "ALWAYS_FORWARD_ONLY"]),
      ],
      common_http_protocol_options: [
        0.5,
        () => ({
          headers_with_underscores_action: dice.pick(["ALLOW", "REJECT_REQUEST", "DROP_HEADER"]),
          ...(dice.chance(0.2) ? { max_headers_count: 30 } : {}),
        }),
      ],
      upgrade_configs: [
        0.4,
        () => [
          { upgrade_type: "websocket" },
          { upgrade_type: "CONNECT", ...(dice.chance(0.5) ? {} : { enabled: false }) },
        ],
      ],
      early_header_mutation_extensions: [
        0.25,
        () => [
          {
            name: "early",
            typed_config: any(
              "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
              {
                mutations: mutationList(dice, ["x-a", "x-b", "x-early", "x-multi"]),
              },
            ),
          },
        ],
      ],
      local_reply_config: [0.4, () => localReplies(dice)],
      proxy_status_config: [
        0.25,
        () => ({
          ...(dice.chance(0.5) ? { use_node_id: true } : { literal_proxy_name: "gen" }),
          ...dice.fields({
            remove_details: [0.3, () => true],
            remove_connection_termination_details: [0.3, () => true],
            remove_response_flags: [0.3, () => true],
            set_recommended_response_code: [0.4, () => true],
          }),
        }),
      ],
    }),
    ...stripPort(dice),
    http_protocol_options: http1Options(dice),
  };
}

function detection(dice: Dice): JsonObject {
  if (dice.chance(0.4))
    return {
      name: "header",
      typed_config: any("envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig", {
        header_name: "x-forwarded-for",
        ...dice.fields({
          allow_extension_to_set_address_as_trusted: [0.5, () => true],
          reject_with_status: [0.3, () => ({ code: dice.pick(["Forbidden", "BadRequest"]) })],
        }),
      }),
    };
  return {
    name: "xff",
    typed_config: any(
      "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig",
      dice.one<JsonObject>(
        () => ({ xff_num_trusted_hops: dice.below(3) }),
        () => ({
          xff_trusted_cidrs: {
            cidrs: [
              { address_prefix: "127.0.0.0", prefix_len: 8 },
              { address_prefix: "10.0.0.0", prefix_len: 8 },
            ],
          },
          ...(dice.chance(0.5) ? { skip_xff_append: dice.chance(0.5) } : {}),
        }),
      ),
    ),
  };
}

function stripPort(dice: Dice): JsonObject {
  return dice.one<JsonObject>(
    () => ({}),
    () => ({}),
    () => ({ strip_any_host_port: true }),
    () => ({ strip_matching_host_port: true }),
  );
}

function http1Options(dice: Dice): JsonObject {
  return {
    accept_http_10: true,
    ...dice.fields({
      default_host_for_http_10: [0.5, () => "ten.test"],
      allow_absolute_url: [0.3, () => dice.chance(0.5)],
      enable_trailers: [0.3, () => true],
      header_key_format: [
        0.4,
        () =>
          dice.one<JsonObject>(
            () => ({ proper_case_words: {} }),
            () => ({
              stateful_formatter: {
                name: "preserve_case",
                typed_config: any(
                  "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig",
                  dice.fields({
                    forward_reason_phrase: [0.4, () => true],
                    formatter_type_on_envoy_headers: [0.5, () => "PROPER_CASE"],
                  }),
                ),
              },
            }),
          ),
      ],
    }),
  };
}

function localReplies(dice: Dice): JsonObject {
  return {
    mappers: dice.times(0, 2, () => ({
      filter: {
        status_code_filter: {
          comparison: {
            op: dice.pick(["EQ", "GE", "LE"]),
            value: { default_value: dice.pick([404, 503, 403]), runtime_key: "gen.unset" },
          },
        },
      },
      ...dice.fields({
        status_code: [0.5, () => dice.pick([404, 503, 299])],
        body: [0.5, () => ({ inline_string: "mapped" })],
        headers_to_add: [0.5, () => [{ header: { key: "x-mapped", value: formatText(dice) } }]],
        body_format_override: [
          0.4,
          () => ({
            text_format_source: { inline_string: `%LOCAL_REPLY_BODY% ${formatText(dice)}` },
            content_type: "text/x",
          }),
        ],
      }),
    })),
    ...dice.fields({
      body_format: [
        0.5,
        () =>
          dice.one<JsonObject>(
            () => ({
              text_format_source: {
                inline_string: "%RESPONSE_CODE%: %LOCAL_REPLY_BODY% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%",
              },
              ...(dice.chance(0.4) ? { content_type: "text/local" } : {}),
            }),
            () => ({
              json_format: { code: "%RESPONSE_CODE%", body: "%LOCAL_REPLY_BODY%" },
            }),
          ),
      ],
    }),
  };
}
