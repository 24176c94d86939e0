import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { asciiLowerCase, toBinaryString } from "./binary-string.ts";
import { fieldPath, type ProblemList } from "./problem-list.ts";

/** How specific a domain is, the most specific first. */
export type DomainKind = "exact" | "suffix" | "prefix" | "any";

/** One entry of `domains`: what it compares with the host, as a lower-case binary string. */
export interface Domain {
  readonly kind: DomainKind;
  /** The host for `exact`, what it ends with for `suffix` (`*.foo` → `.foo`), what it begins with for `prefix`. */
  readonly text: string;
  /** As configured. */
  readonly source: string;
}

export function parseDomain(source: string): Domain {
  const domain = asciiLowerCase(toBinaryString(source));
  if (domain === "*") return { kind: "any", text: "", source };
  if (domain.startsWith("*")) return { kind: "suffix", text: domain.slice(1), source };
  if (domain.endsWith("*")) return { kind: "prefix", text: domain.slice(0, -1), source };
  return { kind: "exact", text: domain, source };
}

/** Whether `host` (lower case) is one of `domain`. A wildcard stands for at least one character. */
export function domainTakes(domain: Domain, host: string): boolean {
  switch (domain.kind) {
    case "exact":
      return host === domain.text;
    case "suffix":
      return host.length > domain.text.length && host.endsWith(domain.text);
    case "prefix":
      return host.length > domain.text.length && host.startsWith(domain.text);
    case "any":
      return true;
  }
}

/** The host without `:port`; a bare IPv6 address in brackets stays whole. */
export function withoutPort(host: string): string {
  const colon = host.lastIndexOf(":");
  return colon === -1 || host.lastIndexOf("]") > colon ? host : host.slice(0, colon);
}

type ByLength<V> = readonly { readonly length: number; readonly values: ReadonlyMap<string, V> }[];

/** Finds the virtual host by the most specific domain: exact, longest suffix wildcard, longest prefix wildcard, `*`. */
export class VirtualHostIndex<V> {
  private readonly exact = new Map<string, V>();
  private readonly suffixes: ByLength<V>;
  private readonly prefixes: ByLength<V>;
  private readonly any: V | undefined;
  private readonly onlyAny: boolean;

  constructor(hosts: Iterable<readonly [readonly Domain[], V]>) {
    const suffixes = new Map<number, Map<string, V>>();
    const prefixes = new Map<number, Map<string, V>>();
    let any: V | undefined;
    for (const [domains, value] of hosts)
      for (const { kind, text } of domains) {
        if (kind === "any") any = value;
        else if (kind === "exact") this.exact.set(text, value);
        else {
          const lengths = kind === "suffix" ? suffixes : prefixes;
          const same = lengths.get(text.length) ?? new Map<string, V>();
          lengths.set(text.length, same.set(text, value));
        }
      }
    this.any = any;
    this.suffixes = longestFirst(suffixes);
    this.prefixes = longestFirst(prefixes);
    this.onlyAny = this.exact.size === 0 && suffixes.size === 0 && prefixes.size === 0;
  }

  /** `host` in any case; a request without one only reaches a table whose single domain is `*`. */
  find(host: string | undefined): V | undefined {
    if (this.onlyAny) return this.any;
    if (host === undefined) return undefined;
    const name = asciiLowerCase(host);
    const exact = this.exact.get(name);
    if (exact !== undefined) return exact;
    for (const { length, values } of this.suffixes) {
      if (length >= name.length) continue;
      const found = values.get(name.slice(name.length - length));
      if (found !== undefined) return found;
    }
    for (const { length, values } of this.prefixes) {
      if (length >= name.length) continue;
      const found = values.get(name.slice(0, length));
      if (found !== undefined) return found;
    }
    return this.any;
  }
}

function longestFirst<V>(lengths: Map<number, Map<string, V>>): ByLength<V> {
  return [...lengths].map(([length, values]) => ({ length, values })).sort((a, b) => b.length - a.length);
}

/** A domain may stand in one virtual host only; Envoy's words for it. */
export function checkDomains(config: RouteConfiguration, problems: ProblemList): void {
  const seen = new Set<string>();
  for (const [v, host] of config.virtualHosts.entries())
    for (const [d, source] of host.domains.entries()) {
      const path = fieldPath("", `virtual_hosts[${v}].domains[${d}]`);
      const { kind, text } = parseDomain(source);
      const key = `${kind} ${text}`;
      if (seen.has(key))
        problems.error(
          path,
          kind === "any"
            ? `Only a single wildcard domain is permitted in route ${config.name}`
            : `Only unique values for domains are permitted. Duplicate entry of domain ${asciiLowerCase(source)} in route ${config.name}`,
        );
      seen.add(key);
    }
}
