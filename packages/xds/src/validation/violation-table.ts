/** Bootstraps that break one rule of the API each (or none): one table, two judges, our validator and a real Envoy. */
export interface ViolationRow {
  readonly title: string;
  readonly bootstrap: string;
  /** Path and message of the violation; undefined: the rules hold. */
  readonly violation: readonly [path: string, message: RegExp] | undefined;
}

const AT_CLUSTER = "static_resources.clusters[0]";
const AT_LISTENER = "static_resources.listeners[0]";
const AT_HCM = `${AT_LISTENER}.filter_chains[0].filters[0].typed_config`;
const AT_HOST = `${AT_HCM}.route_config.virtual_hosts[0]`;
const HTTP = "type.googleapis.com/envoy.extensions.filters.http";

export const violationTable: readonly ViolationRow[] = [
  cluster("a plain cluster", "connect_timeout: 1s"),
  cluster("string.min_len", "name: ''", `${AT_CLUSTER}.name`, /must not be empty/),
  cluster("duration.gt", "connect_timeout: 0s", `${AT_CLUSTER}.connect_timeout`, /greater than 0s/),
  cluster("enum.defined_only", "lb_policy: 99", `${AT_CLUSTER}.lb_policy`, /99 is no value of LbPolicy/),
  cluster(
    "message.required",
    "health_checks: [{interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {}}]",
    `${AT_CLUSTER}.health_checks[0].timeout`,
    /must be set/,
  ),
  cluster(
    "wrapper required",
    "health_checks: [{timeout: 1s, interval: 1s, healthy_threshold: 1, tcp_health_check: {}}]",
    `${AT_CLUSTER}.health_checks[0].unhealthy_threshold`,
    /must be set/,
  ),
  cluster(
    "oneof required",
    "health_checks: [{timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1}]",
    `${AT_CLUSTER}.health_checks[0]`,
    /one of 'http_health_check', .* must be set/,
  ),
  cluster(
    "string.min_len of a nested message",
    "load_assignment: {endpoints: []}",
    `${AT_CLUSTER}.load_assignment.cluster_name`,
    /must not be empty/,
  ),
  cluster(
    "uint32.gte in a wrapper",
    "load_assignment: {cluster_name: a, endpoints: [{lb_endpoints: [{load_balancing_weight: 0, endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 1}}}}]}]}",
    `${AT_CLUSTER}.load_assignment.endpoints[0].lb_endpoints[0].load_balancing_weight`,
    /at least 1/,
  ),
  cluster(
    "uint32.lte",
    "load_assignment: {cluster_name: a, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 65536}}}}]}]}",
    `${AT_CLUSTER}.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.port_value`,
    /at most 65535/,
  ),
  cluster(
    "uint32.lte of a priority",
    "load_assignment: {cluster_name: a, endpoints: [{priority: 129}]}",
    `${AT_CLUSTER}.load_assignment.endpoints[0].priority`,
    /at most 128/,
  ),
  cluster(
    "double in a range",
    "common_lb_config: {healthy_panic_threshold: {value: 101}}",
    `${AT_CLUSTER}.common_lb_config.healthy_panic_threshold.value`,
    /at most 100/,
  ),
  cluster(
    "uint64 bounds in a wrapper",
    "lb_policy: RING_HASH\nring_hash_lb_config: {minimum_ring_size: 8388609}",
    `${AT_CLUSTER}.ring_hash_lb_config.minimum_ring_size`,
    /at most 8388608/,
  ),
  cluster(
    "repeated.min_items",
    "transport_socket_matches: [{name: ''}]",
    `${AT_CLUSTER}.transport_socket_matches[0].name`,
    /must not be empty/,
  ),
  cluster(
    "a rule inside an Any",
    "typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {'@type': type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions}}",
    `${AT_CLUSTER}.typed_extension_protocol_options[envoy.extensions.upstreams.http.v3.HttpProtocolOptions]`,
    /one of .* must be set/,
  ),
  cluster(
    "bounds in an Any",
    "typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {'@type': type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: {http2_protocol_options: {max_concurrent_streams: 0}}}}",
    `${AT_CLUSTER}.typed_extension_protocol_options[envoy.extensions.upstreams.http.v3.HttpProtocolOptions].explicit_http_config.http2_protocol_options.max_concurrent_streams`,
    /at least 1/,
  ),
  cluster(
    "enum.not_in",
    "health_checks: [{timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, http_health_check: {path: /, method: CONNECT}}]",
    `${AT_CLUSTER}.health_checks[0].http_health_check.method`,
    /must not be one of CONNECT/,
  ),
  cluster(
    "map.keys",
    "metadata: {filter_metadata: {'': {}}}",
    `${AT_CLUSTER}.metadata.filter_metadata[]`,
    /the key must not be empty/,
  ),
  cluster("a deprecated field (a warning)", "http2_protocol_options: {}"),
  route("a plain route", "match: {prefix: /}\nroute: {cluster: a}"),
  route(
    "no path in a match",
    "match: {}\nroute: {cluster: a}",
    `${AT_HOST}.routes[0].match`,
    /one of 'prefix', .* must be set/,
  ),
  route("no match", "route: {cluster: a}", `${AT_HOST}.routes[0].match`, /must be set/),
  route(
    "no action",
    "match: {prefix: /}",
    `${AT_HOST}.routes[0]`,
    /one of 'route', 'redirect', .* must be set/,
  ),
  route(
    "string.well_known_regex",
    'match: {prefix: /}\nroute: {cluster: a, prefix_rewrite: "/a\\n"}',
    `${AT_HOST}.routes[0].route.prefix_rewrite`,
    /must be a(n HTTP)? header value/,
  ),
  route(
    "a header's name",
    'match: {prefix: /, headers: [{name: "a\\nb", present_match: true}]}\nroute: {cluster: a}',
    `${AT_HOST}.routes[0].match.headers[0].name`,
    /header name/,
  ),
  route(
    "string.pattern",
    "match: {path_separated_prefix: /a/}\nroute: {cluster: a}",
    `${AT_HOST}.routes[0].match.path_separated_prefix`,
    /must match/,
  ),
  route(
    "an enum with numbers left out",
    "match: {prefix: /}\nredirect: {response_code: 9}",
    `${AT_HOST}.routes[0].redirect.response_code`,
    /9 is no value/,
  ),
  route(
    "uint32 in a range",
    "match: {prefix: /}\ndirect_response: {status: 600}",
    `${AT_HOST}.routes[0].direct_response.status`,
    /less than 600/,
  ),
  route(
    "repeated.min_items of an item",
    "match: {prefix: /}\nroute: {cluster: a, hash_policy: [{header: {}}]}",
    `${AT_HOST}.routes[0].route.hash_policy[0].header.header_name`,
    /./,
  ),
  route(
    "repeated.max_items or duration",
    "match: {prefix: /}\nroute: {cluster: a, retry_policy: {retry_back_off: {base_interval: 0s}}}",
    `${AT_HOST}.routes[0].route.retry_policy.retry_back_off.base_interval`,
    /greater than 0s/,
  ),
  route(
    "repeated.unique",
    "match: {prefix: /}\nroute: {cluster: a, internal_redirect_policy: {response_headers_to_copy: [a, b, a]}}",
    `${AT_HOST}.routes[0].route.internal_redirect_policy.response_headers_to_copy[2]`,
    /must not be there twice/,
  ),
  route(
    "weighted clusters without any",
    "match: {prefix: /}\nroute: {weighted_clusters: {}}",
    `${AT_HOST}.routes[0].route.weighted_clusters.clusters`,
    /must not be empty/,
  ),
  host("a virtual host without domains", "name: h", `${AT_HOST}.domains`, /must not be empty/),
  host("a virtual host without name", "domains: ['*']", `${AT_HOST}.name`, /must not be empty/),
  host("a domain with a line break", 'name: h\ndomains: ["a\\n"]', `${AT_HOST}.domains[0]`, /header value/),
  hcm("no stat_prefix", "stat_prefix: ''", `${AT_HCM}.stat_prefix`, /must not be empty/),
  hcm(
    "an HTTP filter's own rules",
    `http_filters: [{name: f, typed_config: {'@type': ${HTTP}.fault.v3.HTTPFault, abort: {http_status: 100, percentage: {numerator: 1}}}}, {name: r, typed_config: {'@type': ${HTTP}.router.v3.Router}}]`,
    `${AT_HCM}.http_filters[0].typed_config.abort.http_status`,
    /at least 200/,
  ),
  hcm(
    "a filter's rules within TypedStruct",
    `http_filters: [{name: f, typed_config: {'@type': type.googleapis.com/xds.type.v3.TypedStruct, type_url: ${HTTP}.fault.v3.HTTPFault, value: {abort: {http_status: 100, percentage: {numerator: 1}}}}}, {name: r, typed_config: {'@type': ${HTTP}.router.v3.Router}}]`,
    `${AT_HCM}.http_filters[0].typed_config.value.abort.http_status`,
    /at least 200/,
  ),
  hcm(
    "repeated.items of an enum",
    "route_config: {}\nhttp_filters: [{name: ''}]",
    `${AT_HCM}.http_filters[0].name`,
    /must not be empty/,
  ),
  hcm(
    "a range of a wrapper",
    "max_request_headers_kb: 8193",
    `${AT_HCM}.max_request_headers_kb`,
    /at most 8192/,
  ),
  hcm(
    "a deprecated enum value (a warning)",
    `http_filters: [{name: f, typed_config: {'@type': ${HTTP}.ext_authz.v3.ExtAuthz, http_service: {server_uri: {uri: 'http://a', cluster: a, timeout: 1s}}, transport_api_version: V2}}, {name: r, typed_config: {'@type': ${HTTP}.router.v3.Router}}]`,
  ),
];

type Expected = [path?: string, message?: RegExp];

function row(title: string, bootstrap: string, [path, message]: Expected): ViolationRow {
  return {
    title,
    bootstrap,
    violation: path === undefined || message === undefined ? undefined : [path, message],
  };
}

function indented(yaml: string, depth: number): string {
  return yaml
    .split("\n")
    .map((line) => " ".repeat(depth) + line)
    .join("\n");
}

function cluster(title: string, yaml: string, ...expected: Expected): ViolationRow {
  const name = yaml.startsWith("name:") ? "" : "\n    name: a";
  return row(title, `static_resources:\n  clusters:\n  -${name}\n${indented(yaml, 4)}\n`, expected);
}

function hcm(title: string, yaml: string, ...expected: Expected): ViolationRow {
  const prefix = yaml.includes("stat_prefix:") ? "" : "stat_prefix: s\n";
  const routes = yaml.includes("route_config:") ? "" : "route_config: {}\n";
  const filters = yaml.includes("http_filters:")
    ? ""
    : `http_filters: [{name: r, typed_config: {'@type': ${HTTP}.router.v3.Router}}]\n`;
  return row(
    title,
    `static_resources:
  clusters: [{name: a}]
  listeners:
  - name: l
    address: {socket_address: {address: 127.0.0.1, port_value: 0}}
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
${indented(prefix + routes + filters + yaml, 10)}
`,
    expected,
  );
}

function host(title: string, yaml: string, ...expected: Expected): ViolationRow {
  return hcm(title, `route_config:\n  virtual_hosts:\n  -\n${indented(yaml, 4)}`, ...expected);
}

function route(title: string, yaml: string, ...expected: Expected): ViolationRow {
  return host(title, `name: h\ndomains: ['*']\nroutes:\n-\n${indented(yaml, 2)}`, ...expected);
}
