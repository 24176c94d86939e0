import { messageInAny, messageTypeNames } from "../registry/api-registry.ts";

/** A message that configures an extension. */
export interface ExtensionType {
  readonly typeName: string;
  /** `envoy.filters.http` */
  readonly category: string;
  /** `per_route`: stands in a `typed_per_filter_config`, not in the filter list. */
  readonly role: "config" | "per_route";
}

/** Categories whose package is not `envoy.extensions.` and the category less `envoy.`. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "envoy.access_loggers.extension_filters": ["envoy.extensions.access_loggers.filters"],
  "envoy.clusters": ["envoy.extensions.clusters"],
  "envoy.config.validators": ["envoy.extensions.config.validators"],
  "envoy.filters.http.upstream": ["envoy.extensions.filters.http"],
  "envoy.filters.udp_listener": ["envoy.extensions.filters.udp"],
  "envoy.filters.udp.session": ["envoy.extensions.filters.udp.udp_proxy.session"],
  "envoy.formatter": ["envoy.extensions.formatter"],
  "envoy.guarddog_actions": ["envoy.extensions.watchdog"],
  "envoy.network.connection_balance": ["envoy.extensions.network.connection_balance"],
  "envoy.retry_host_predicates": ["envoy.extensions.retry.host"],
  "envoy.retry_priorities": ["envoy.extensions.retry.priority"],
  "envoy.stats_sinks": ["envoy.extensions.stat_sinks", "envoy.config.metrics"],
  "envoy.thrift_proxy.filters": ["envoy.extensions.filters.network.thrift_proxy.filters"],
  "envoy.tls.cert_validator": ["envoy.extensions.transport_sockets.tls.cert_validator"],
  "envoy.tracers": ["envoy.config.trace", "envoy.extensions.tracers"],
  "envoy.transport_sockets.downstream": ["envoy.extensions.transport_sockets"],
  "envoy.transport_sockets.upstream": ["envoy.extensions.transport_sockets"],
};

/** Packages under an extension's that hold other categories or shared parts. */
const SHARED =
  /\.(?:common|tls\.cert_validator|thrift_proxy\.filters|udp_proxy\.session|opentelemetry\.(?:samplers|resource_detectors))\./;

/** Where the package does not say it: messages that are no configuration of their own. */
const NO_CONFIG =
  /^envoy\.config\.(?:metrics\.v3\.(?:Stats(?:Config|Matcher|Sink)|TagSpecifier|HistogramBucketSettings)|trace\.v3\.(?:Tracing|TraceServiceConfig))$/;

const PER_ROUTE = /PerRoute|PerVirtualHost|(?:^|\.)CorsPolicy$/;

let known: readonly ExtensionType[] | undefined;

/** Extension configurations of a category, or all of them, sorted by name. An unknown category gives none. */
export function extensionTypes(category?: string): readonly ExtensionType[] {
  if (category === undefined) {
    known ??= messageTypeNames()
      .filter((name) => name.startsWith("envoy.extensions.") && isConfiguration(name))
      .map((name) => entry(name, categoryOf(name)));
    return known;
  }
  const prefixes = PACKAGES[category] ?? [`envoy.extensions.${category.replace(/^envoy\./, "")}`];
  return messageTypeNames()
    .filter((name) =>
      prefixes.some((prefix) => name.startsWith(`${prefix}.`) && !SHARED.test(name.slice(prefix.length))),
    )
    .filter(isConfiguration)
    .map((name) => entry(name, category));
}

function entry(typeName: string, category: string): ExtensionType {
  const name = typeName.slice(typeName.lastIndexOf(".") + 1);
  return { typeName, category, role: PER_ROUTE.test(name) ? "per_route" : "config" };
}

/** `envoy.extensions.filters.http.cors.v3.Cors` → `envoy.filters.http`: what stands before the extension's own name. */
function categoryOf(typeName: string): string {
  for (const [category, prefixes] of Object.entries(PACKAGES)) {
    if (prefixes.some((prefix) => typeName.startsWith(`${prefix}.`)) && !SHARED.test(typeName))
      return category;
  }
  const packages = typeName.split(".").slice(2, -1);
  return ["envoy", ...packages.slice(0, -2)].join(".");
}

/** A message of the file's top level that no other message of its package is made of. */
function isConfiguration(typeName: string): boolean {
  const message = messageInAny(typeName);
  return (
    message !== undefined && message.parent === undefined && !NO_CONFIG.test(typeName) && !isPart(typeName)
  );
}

let parts: ReadonlySet<string> | undefined;

function isPart(typeName: string): boolean {
  if (parts === undefined) {
    const found = new Set<string>();
    for (const name of messageTypeNames()) {
      // A per-route message and a variant of a filter wrap the filter's own configuration, which stands by itself too.
      if (PER_ROUTE.test(name) || /\.(?:EnvoyMobile|DrainAware)HttpConnectionManager$/.test(name)) continue;
      const message = messageInAny(name);
      for (const field of message?.fields ?? []) {
        const holder = name.replace(/\.v[0-9]+(?:alpha[0-9]*)?\..*/, "");
        const part = field.message;
        if (part !== undefined && part.typeName !== name && part.typeName.startsWith(`${holder}.`)) {
          found.add(part.typeName);
        }
      }
    }
    parts = found;
  }
  return parts.has(typeName);
}
