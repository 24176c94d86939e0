import type { TopologyConfiguration } from "../contract.ts";
import { envoyStatName } from "../topology/stat-names.ts";

/** How names in stats and logs lead back to names of the configuration. Without one, stats keep Envoy's spelling. */
export interface Naming {
  /** Of a cluster's stat name. */
  cluster(statName: string): string | undefined;
  listener(statName: string): string | undefined;
  /** The listeners whose connection managers have this `stat_prefix`. */
  listenersOfPrefix(prefix: string): readonly string[];
  virtualHost(statName: string): string | undefined;
  /** Which virtual host a listener chooses for a `host` header; "" when none matches. */
  virtualHostFor(listener: string, authority: string): string;
}

export function namingOf(configuration: TopologyConfiguration): Naming {
  const clusters = new Map(configuration.clusters.map(({ statName, name }) => [statName, name]));
  const listeners = new Map(configuration.listeners.map(({ statName, name }) => [statName, name]));
  const hosts = new Map(configuration.virtualHosts.map(({ name }) => [envoyStatName(name), name]));
  const byPrefix = new Map<string, string[]>();
  const domains = new Map<string, DomainIndex>();
  for (const listener of configuration.listeners) {
    for (const prefix of listener.httpPrefixes) {
      byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), listener.name]);
    }
    const index = new DomainIndex();
    for (const host of configuration.virtualHosts) {
      if (!listener.routeConfigurations.includes(host.routeConfiguration)) continue;
      for (const domain of host.domains) index.add(domain, host.name);
    }
    domains.set(listener.name, index);
  }
  return {
    cluster: (statName) => clusters.get(statName),
    listener: (statName) => listeners.get(statName),
    listenersOfPrefix: (prefix) => byPrefix.get(prefix) ?? [],
    virtualHost: (statName) => hosts.get(statName),
    virtualHostFor: (listener, authority) => domains.get(listener)?.find(authority) ?? "",
  };
}

/** Envoy's order: exact, longest suffix (`*.example.com`), longest prefix (`example.*`), `*`; case-insensitive. */
class DomainIndex {
  readonly #exact = new Map<string, string>();
  readonly #suffixes: { readonly text: string; readonly host: string }[] = [];
  readonly #prefixes: { readonly text: string; readonly host: string }[] = [];
  #any: string | undefined;

  add(domain: string, host: string): void {
    const text = domain.toLowerCase();
    if (text === "*") this.#any ??= host;
    else if (text.startsWith("*")) insertLongestFirst(this.#suffixes, { text: text.slice(1), host });
    else if (text.endsWith("*")) insertLongestFirst(this.#prefixes, { text: text.slice(0, -1), host });
    else if (!this.#exact.has(text)) this.#exact.set(text, host);
  }

  find(authority: string): string | undefined {
    const text = authority.toLowerCase();
    return (
      this.#exact.get(text) ??
      this.#suffixes.find((entry) => text.length > entry.text.length && text.endsWith(entry.text))?.host ??
      this.#prefixes.find((entry) => text.length > entry.text.length && text.startsWith(entry.text))?.host ??
      this.#any
    );
  }
}

function insertLongestFirst<T extends { readonly text: string }>(list: T[], entry: T): void {
  const at = list.findIndex(({ text }) => text.length < entry.text.length);
  list.splice(at === -1 ? list.length : at, 0, entry);
}
