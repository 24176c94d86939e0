/** How a tag is found in a name. */
export interface TagRule {
  readonly tag: string;
  /** Skips the rule cheaply; "": never. */
  readonly contains: string;
  /** The tag's value, and what of the name is cut out; undefined: the name does not have it. */
  find(name: string): { readonly value: string; readonly start: number; readonly end: number } | undefined;
}

interface Rule {
  readonly tag: string;
  /** Group 1 is cut out of the name; group 2, or else group 1, is the value. Tried on the whole name. */
  readonly pattern: RegExp;
  /** Skips the pattern cheaply. */
  readonly contains: string;
}

const VALUE = "[^.]+";
const NAME = String.raw`[\w.-]+`;
const ADDRESS = String.raw`(?:\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[[a-fA-F_\d]+\])_\d+`;
const LISTENER = `(?:${ADDRESS}|${VALUE})`;
const TLS_OWNER = String.raw`(?:listener|cluster)\..*?\.ssl`;

const rule = (tag: string, contains: string, pattern: string): Rule => ({
  tag,
  contains,
  pattern: new RegExp(pattern, "d"),
});

/** A part of a name behind fixed ones (`*`: any part), with its dot, and with something behind it. */
function part(tag: string, ...before: readonly string[]): Rule {
  const contains = before.filter((each) => each !== "*").map((each) => `${each}.`);
  const front = before.map((each) => `${each === "*" ? VALUE : each}\\.`).join("");
  return rule(tag, contains.at(-1) ?? "", `^${front}((${VALUE})\\.)`);
}

/**
 * Envoy's default tags (docs: "Default tag extraction"), but for those of what this proxy has not. In the order in which Envoy tells
 * them: first what may be in any name, then what belongs to a name's first part.
 */
const RULES: readonly Rule[] = [
  rule("envoy.response_code", "_rq_", String.raw`_rq(_(\d{3}))$`),
  rule("envoy.response_code_class", "_rq_", String.raw`_rq_((\d))xx$`),
  rule("envoy.ssl_curve", ".ssl.curves.", String.raw`^${TLS_OWNER}\.curves(\.([\w-]+))$`),
  rule("envoy.ssl_sigalg", ".ssl.sigalgs.", String.raw`^${TLS_OWNER}\.sigalgs(\.([\w-]+))$`),
  rule("envoy.ssl_version", ".ssl.versions.", String.raw`^${TLS_OWNER}\.versions(\.(TLSv\d\.\d))$`),
  rule(
    "envoy.tls_certificate",
    ".ssl.certificate.",
    String.raw`^${TLS_OWNER}\.certificate\.((${VALUE})\.).*$`,
  ),
  rule(
    "envoy.worker_id",
    ".worker_",
    String.raw`^(?:listener\.${LISTENER}|server|listener_manager|thread_local_cluster_manager)\.worker_((\d+)\.)`,
  ),
  rule(
    "envoy.local_http_ratelimit_prefix",
    ".http_local_rate_limit.",
    `^((${VALUE})\\.)http_local_rate_limit\\.`,
  ),
  rule("envoy.rbac_prefix", ".rbac.", `^((${VALUE})\\.)rbac\\.`),

  rule("cipher_suite", ".ssl.ciphers.", String.raw`^cluster\.${VALUE}\.ssl\.ciphers(\.([\w-]+))$`),
  rule(
    "envoy.health_check_name",
    ".health_check.name.",
    String.raw`^cluster\.${VALUE}\.health_check(\.name\.(${VALUE}))\..+`,
  ),
  part("envoy.grpc_bridge_method", "cluster", "*", "grpc", "*"),
  part("envoy.grpc_bridge_service", "cluster", "*", "grpc"),
  part("envoy.cluster_name", "cluster"),
  rule("envoy.endpoint_address", ".endpoint.", String.raw`^cluster\.${VALUE}\.endpoint\.((${LISTENER})\.)`),

  rule(
    "envoy.rbac_policy_name",
    ".policy.",
    String.raw`^http\.${VALUE}\.rbac\.(?:${VALUE}\.)?policy\.((${VALUE})\.)(?:allowed|shadow_allowed|denied|shadow_denied)$`,
  ),
  rule("envoy.rbac_http_prefix", ".rbac.", String.raw`^http\.${VALUE}\.rbac\.((?!policy\.)(${VALUE})\.)`),
  rule(
    "envoy.scoped_rds_config",
    ".scoped_rds.",
    String.raw`^http\.${VALUE}\.scoped_rds\.((${NAME})\.)\w+?$`,
  ),
  rule("envoy.rds_route_config", ".rds.", String.raw`^http\.${VALUE}\.rds\.((${NAME})\.)\w+?$`),
  part("envoy.http_user_agent", "http", "*", "user_agent"),
  part("envoy.fault_downstream_cluster", "http", "*", "fault"),
  part("envoy.http_conn_manager_prefix", "http"),

  rule("envoy.ssl_cipher", ".ssl.ciphers.", String.raw`^listener\..*?\.ssl\.ciphers(\.([\w-]+))$`),
  rule("envoy.http_conn_manager_prefix", ".http.", String.raw`^listener\..*?\.http\.((${VALUE})\.)`),
  rule("envoy.listener_address", "listener.", String.raw`^listener\.((?!admin\.)(${LISTENER})\.)`),

  part("envoy.virtual_cluster", "vhost", "*", "vcluster"),
  part("envoy.virtual_host", "vhost"),
  part("envoy.route", "vhost", "*", "route"),

  part("envoy.tcp_prefix", "tcp"),
  part("envoy.ratelimit_prefix", "ratelimit"),
  part("envoy.local_network_ratelimit_prefix", "local_rate_limit"),
  part("envoy.connection_limit_prefix", "connection_limit"),
  rule(
    "envoy.proxy_protocol_prefix",
    "proxy_proto.",
    String.raw`^proxy_proto\.((?!versions\.)(${VALUE})\.).+$`,
  ),
  rule(
    "envoy.proxy_protocol_version",
    "versions.v",
    String.raw`^proxy_proto\.(?:${VALUE}\.)?(versions\.v(\d)\.)\w+$`,
  ),
  rule("envoy.xds_resource_name", "sds.", String.raw`^sds\.((${VALUE})\.).+`),
];

export const DEFAULT_RULES: readonly TagRule[] = RULES.map(({ tag, contains, pattern }) => ({
  tag,
  contains,
  find: (name) => {
    const match = pattern.exec(name);
    const value = match?.[2];
    const span = match?.indices?.[1];
    if (value === undefined || span === undefined) return undefined;
    const text = tag === "envoy.endpoint_address" ? unsanitizeAddress(value) : value;
    return { value: text, start: span[0], end: span[1] };
  },
}));

/** Stat names have `_` for the colons of an address. */
function unsanitizeAddress(address: string): string {
  return address.startsWith("[") ? address.replaceAll("_", ":") : address.replace(/_(\d+)$/, ":$1");
}
