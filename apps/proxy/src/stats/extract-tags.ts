/** A stat's name without its variable parts, and those parts as tags. */
export interface TaggedName {
  readonly name: string;
  readonly tags: readonly (readonly [name: string, value: string])[];
}

interface Rule {
  readonly tag: string;
  /** Group 1 is cut out of the name; group 2, or else group 1, is the value. Tried on the whole name. */
  readonly pattern: RegExp;
  /** Skips the pattern cheaply. */
  readonly contains: string;
}

const VALUE = "[^.]+";
const ADDRESS = String.raw`(?:\d+\.\d+\.\d+\.\d+|\[[_a-fA-F0-9]+\])_\d+|[^.]+`;

/** Envoy's default tags (docs: "Default tag extraction"), those whose stats this proxy has. */
const RULES: readonly Rule[] = [
  { tag: "envoy.response_code", contains: "_rq_", pattern: /_rq(_(\d{3}))$/d },
  { tag: "envoy.response_code_class", contains: "_rq_", pattern: /_rq_((\d))xx$/d },
  {
    tag: "envoy.virtual_host",
    contains: "vhost.",
    pattern: new RegExp(`^vhost\\.((${VALUE})\\.)`, "d"),
  },
  {
    tag: "envoy.virtual_cluster",
    contains: ".vcluster.",
    pattern: new RegExp(`^vhost\\.${VALUE}\\.vcluster\\.((${VALUE})\\.)`, "d"),
  },
  {
    tag: "envoy.route",
    contains: ".route.",
    pattern: new RegExp(`^vhost\\.${VALUE}\\.route\\.((${VALUE})\\.)`, "d"),
  },
  { tag: "envoy.cluster_name", contains: "cluster.", pattern: new RegExp(`^cluster\\.((${VALUE})\\.)`, "d") },
  {
    tag: "envoy.endpoint_address",
    contains: ".endpoint.",
    pattern: new RegExp(`^cluster\\.${VALUE}\\.endpoint\\.((${ADDRESS})\\.)`, "d"),
  },
  {
    tag: "envoy.rds_route_config",
    contains: ".rds.",
    pattern: /^http(?=\.).*?\.rds\.(([\w\-.]+)\.)\w+?$/d,
  },
  {
    tag: "envoy.http_conn_manager_prefix",
    contains: "http.",
    pattern: new RegExp(`^(?:listener(?=\\.).*?\\.)?http\\.((${VALUE})\\.)`, "d"),
  },
  {
    tag: "envoy.listener_address",
    contains: "listener.",
    pattern: new RegExp(`^listener\\.((${ADDRESS})\\.)`, "d"),
  },
  {
    tag: "envoy.worker_id",
    contains: ".worker_",
    pattern: /^(?:server|listener(?=\.).*?)\.(worker_(\d+)\.)/d,
  },
  { tag: "envoy.tcp_prefix", contains: "tcp.", pattern: new RegExp(`^tcp\\.((${VALUE})\\.)`, "d") },
  {
    tag: "envoy.ratelimit_prefix",
    contains: "ratelimit.",
    pattern: new RegExp(`^ratelimit\\.((${VALUE})\\.)`, "d"),
  },
  {
    tag: "envoy.local_http_ratelimit_prefix",
    contains: ".http_local_rate_limit.",
    pattern: new RegExp(`^((${VALUE})\\.)http_local_rate_limit\\.`, "d"),
  },
  { tag: "envoy.ssl_version", contains: ".ssl.versions.", pattern: /\.ssl\.versions(\.(.+?))$/d },
  { tag: "envoy.ssl_cipher", contains: ".ssl.ciphers.", pattern: /\.ssl\.ciphers(\.(.+?))$/d },
];

/** Splits a full stat name by Envoy's default rules. */
export function extractTags(name: string): TaggedName {
  const tags: (readonly [string, string])[] = [];
  const cuts: (readonly [number, number])[] = [];
  for (const rule of RULES) {
    if (!name.includes(rule.contains)) continue;
    const match = rule.pattern.exec(name);
    const value = match?.[2];
    if (match === null || value === undefined) continue;
    const span = match.indices?.[1];
    if (span === undefined) continue;
    tags.push([rule.tag, rule.tag === "envoy.endpoint_address" ? unsanitizeAddress(value) : value]);
    cuts.push(span);
  }
  if (cuts.length === 0) return { name, tags };
  cuts.sort((a, b) => b[0] - a[0]);
  let rest = name;
  for (const [start, end] of cuts) rest = rest.slice(0, start) + rest.slice(end);
  return { name: rest, tags };
}

/** Stat names have `_` for the colons of an address. */
function unsanitizeAddress(address: string): string {
  return address.startsWith("[") ? address.replaceAll("_", ":") : address.replace(/_(\d+)$/, ":$1");
}
