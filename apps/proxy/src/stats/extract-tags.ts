/** A stat's name without its variable parts, and those parts as tags. */
export interface TaggedName {
  readonly name: string;
  readonly tags: readonly (readonly [name: string, value: string])[];
}

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

/** Splits a full stat name by rules, Envoy's default ones unless others are given. Of one tag the first rule wins. */
export function extractTags(name: string, rules: readonly TagRule[] = DEFAULT_RULES): TaggedName {
  const tags: (readonly [string, string])[] = [];
  const cuts: (readonly [number, number])[] = [];
  for (const rule of rules) {
    if (!name.includes(rule.contains)) continue;
    const found = rule.find(name);
    if (found === undefined || tags.some(([tag]) => tag === rule.tag)) continue;
    tags.push([rule.tag, found.value]);
    cuts.push([found.start, found.end]);
  }
  if (cuts.length === 0) return { name, tags };
  // Cuts may overlap.
  cuts.sort((a, b) => a[0] - b[0]);
  let rest = "";
  let at = 0;
  for (const [start, end] of cuts) {
    if (start > at) rest += name.slice(at, start);
    at = Math.max(at, end);
  }
  return { name: rest + name.slice(at), tags };
}

/** Stat names have `_` for the colons of an address. */
function unsanitizeAddress(address: string): string {
  return address.startsWith("[") ? address.replaceAll("_", ":") : address.replace(/_(\d+)$/, ":$1");
}
