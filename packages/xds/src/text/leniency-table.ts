/**
 * What Envoy's reader accepts and refuses in one field of a cluster, beyond (or short of) protobuf's JSON mapping. One
 * table, two judges: our reader, and a real Envoy in `--mode validate`.
 */
export interface LeniencyRow {
  readonly title: string;
  /** Lines of a cluster in YAML. */
  readonly yaml: string;
  readonly accepted: boolean;
  /** Where our reader knowingly differs from Envoy. */
  readonly accepts?: "only ours";
}

export const leniencyTable: readonly LeniencyRow[] = [
  row("a duration as an object", "cleanup_interval: {seconds: 5}", true),
  row("a duration with a fraction", "cleanup_interval: 0.25s", true),
  row("a duration as a number", "cleanup_interval: 5", false),
  row("a duration without its unit", "cleanup_interval: '5'", false),
  row("a duration in milliseconds", "cleanup_interval: 500ms", false),
  row(
    "one object for a list",
    "health_checks: {timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {}}",
    true,
  ),
  row("a field's name in camelCase", "lbPolicy: RANDOM", true),
  row("an enum value in lower case", "lb_policy: random", true),
  row("an enum value by number", "lb_policy: 3", true),
  row("an enum value by number in quotes", "lb_policy: '3'", true),
  row("an enum value that is none", "lb_policy: RANDM", false),
  row("an empty enum value", "lb_policy: ''", false),
  row("a boolean in quotes", "ignore_health_on_host_removal: 'true'", true),
  row("yes for true", "ignore_health_on_host_removal: yes", true),
  row("yes in quotes for true", "ignore_health_on_host_removal: 'yes'", true),
  row("1 in quotes for true", "ignore_health_on_host_removal: '1'", true),
  row("F in quotes for false", "ignore_health_on_host_removal: 'F'", true),
  row("another word in quotes for true", "ignore_health_on_host_removal: 'on'", false),
  row("1 for true", "ignore_health_on_host_removal: 1", false),
  row("an integer for a string", "alt_stat_name: 123", false),
  row("a decimal fraction for a string", "alt_stat_name: 1.5", true),
  row("yes for a string", "alt_stat_name: yes", false),
  row("null for a string", "alt_stat_name: null", true),
  row("a list for a string", "alt_stat_name: [a]", false),
  row("an object for a string", "alt_stat_name: {a: b}", false),
  row("a wrapper as an object", "per_connection_buffer_limit_bytes: {value: 5}", true),
  row("an integer in quotes", "per_connection_buffer_limit_bytes: '5'", true),
  row("an integer with a fraction of zero", "per_connection_buffer_limit_bytes: 5.0", true),
  row("a fraction for an integer", "per_connection_buffer_limit_bytes: 5.5", false),
  row("a negative number where none may be", "per_connection_buffer_limit_bytes: -5", false),
  row("an integer beyond its range", "per_connection_buffer_limit_bytes: 4294967296", false),
  row("a hexadecimal integer", "per_connection_buffer_limit_bytes: 0x10", true),
  row("an octal integer", "per_connection_buffer_limit_bytes: 010", true),
  row("an octal integer in YAML 1.2's way", "per_connection_buffer_limit_bytes: 0o10", false),
  row("an integer with an exponent", "per_connection_buffer_limit_bytes: 1e3", true),
  row("an integer with underscores", "per_connection_buffer_limit_bytes: 1_000", false),
  row("a field set twice", "alt_stat_name: a\nalt_stat_name: b", true),
  row("a field set in both spellings", "alt_stat_name: a\naltStatName: b", true),
  row("two of a oneof", "type: STATIC\ncluster_type: {name: x}", false),
  row("an unknown field", "alt_stat_nam: x", false),
  row("an unknown field in an object", "load_assignment: {cluster_name: a, endpoint: []}", false),
  row("null for an object", "load_assignment: null", true),
  row("null for a list", "health_checks: null", true),
  row("text for an object", "load_assignment: abc", false),
  row("an unknown entry whose key is tagged !ignore", "!ignore foo: bar", true),
  row("an unknown entry whose value is tagged !ignore", "foo: !ignore bar", false),
  row("an alias", "alt_stat_name: &x q\nlrs_report_endpoint_metrics: [*x]", true),
  { title: "a merge key", yaml: "<<: {alt_stat_name: q}", accepted: false, accepts: "only ours" },
  row("a number for a Percent", "common_lb_config: {healthy_panic_threshold: 50}", false),
  row("a Percent", "common_lb_config: {healthy_panic_threshold: {value: 50.5}}", true),
  row(
    "a Struct",
    "metadata: {filter_metadata: {x: {a: 0.5, b: yes, c: 99999999999, d: ~, e: [1, 'x', {y: z}]}}}",
    true,
  ),
  row(
    "an Any of an unknown type",
    "typed_extension_protocol_options: {x: {'@type': type.googleapis.com/foo.Bar}}",
    false,
  ),
  row("an Any without @type", "typed_extension_protocol_options: {x: {a: b}}", false),
  row(
    "an Any whose @type stands last",
    `typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {explicit_http_config: {http2_protocol_options: {}}, '@type': ${http("type.googleapis.com/")}}}`,
    true,
  ),
  row(
    "an Any whose @type has another host",
    `typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {explicit_http_config: {http2_protocol_options: {}}, '@type': ${http("example.com/")}}}`,
    true,
  ),
  row(
    "an Any whose @type has no host",
    `typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {explicit_http_config: {http2_protocol_options: {}}, '@type': ${http("")}}}`,
    false,
  ),
  row(
    "an unknown field in an Any",
    `typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {explicit_http_config: {}, foo: 1, '@type': ${http("type.googleapis.com/")}}}`,
    false,
  ),
];

function row(title: string, yaml: string, accepted: boolean): LeniencyRow {
  return { title, yaml, accepted };
}

function http(host: string): string {
  return `${host}envoy.extensions.upstreams.http.v3.HttpProtocolOptions`;
}
