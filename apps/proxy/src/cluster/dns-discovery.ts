import { promises as dns, type LookupAddress } from "node:dns";
import { readFile } from "node:fs/promises";
import type { Random } from "@sluice/extension-api";
import type { Discovery, DnsFamily, DnsResolverSettings } from "./cluster-config.ts";
import { SYSTEM_RESOLVER } from "./compile-dns-resolver.ts";

type DnsConfig = Extract<Discovery, { readonly kind: "strict_dns" | "logical_dns" }>;

const HOSTS_FILE =
  process.platform === "win32"
    ? `${process.env.SystemRoot ?? "C:\\Windows"}\\System32\\drivers\\etc\\hosts`
    : "/etc/hosts";

export interface DnsAnswer {
  readonly addresses: readonly string[];
  /** Seconds; undefined when not known. */
  readonly ttl: number | undefined;
}

/** Looks a name up: `undefined` when the look-up failed, an empty list when the name has no address. */
export type Resolve = (
  name: string,
  family: DnsFamily,
  withTtl: boolean,
  /** Undefined: nothing says which. */
  resolver: DnsResolverSettings | undefined,
) => Promise<DnsAnswer | undefined>;

/** The system's resolver (hosts file, resolv.conf); with `withTtl` the name servers themselves, where they answer. */
export const systemResolve: Resolve = async (name, family, withTtl, resolver = SYSTEM_RESOLVER) => {
  if (resolver.servers.length > 0 && name !== "localhost") {
    return resolveWithTtl(name, family, resolverOf(resolver), true);
  }
  if (withTtl) {
    const answer = await resolveWithTtl(name, family, dns, false);
    if (answer !== undefined && answer.addresses.length > 0) return answer;
  }
  try {
    const found = await patiently(resolver.retries, () => lookup(name, resolver.searchDomains));
    const addresses = chooseFamily(
      found.filter((each) => each.family === 4).map((each) => each.address),
      found.filter((each) => each.family === 6).map((each) => each.address),
      family,
    );
    return { addresses, ttl: undefined };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ENOTFOUND" || code === "ENODATA" ? { addresses: [], ttl: undefined } : undefined;
  }
};

/** Asks again, at most so often, while the answer is that there is none for the moment (EAI_AGAIN). */
export async function patiently<T>(retries: number, ask: () => Promise<T>): Promise<T> {
  for (let left = retries; ; left--) {
    try {
      return await ask();
    } catch (error) {
      const again = error instanceof Error && "code" in error && error.code === "EAI_AGAIN";
      if (!again || left <= 0) throw error;
    }
  }
}

/** A name that ends with a dot is complete: no search domain, but no line of the hosts file either. */
async function lookup(name: string, searchDomains: boolean): Promise<LookupAddress[]> {
  const options = { all: true, order: "verbatim" } as const;
  if (searchDomains || name.endsWith(".") || (await isInHostsFile(name))) return dns.lookup(name, options);
  return dns.lookup(`${name}.`, options);
}

async function isInHostsFile(name: string): Promise<boolean> {
  const wanted = name.toLowerCase();
  const text = await readFile(HOSTS_FILE, "latin1").catch(() => "");
  return text.split("\n").some((line) =>
    line
      .replace(/#.*/, "")
      .split(/\s+/)
      .some((word) => word.toLowerCase() === wanted),
  );
}

/** One per settings: its sockets are kept. */
const resolvers = new Map<string, dns.Resolver>();

function resolverOf({ servers, timeoutMs, tries }: DnsResolverSettings): dns.Resolver {
  const key = `${servers.join()} ${timeoutMs} ${tries}`;
  let resolver = resolvers.get(key);
  if (resolver === undefined) {
    resolver = new dns.Resolver({
      ...(timeoutMs > 0 ? { timeout: timeoutMs } : {}),
      ...(tries > 0 ? { tries } : {}),
    });
    resolver.setServers(servers);
    resolvers.set(key, resolver);
  }
  return resolver;
}

/** `final`: nobody else is asked, so that "there is no such name" is an answer. */
async function resolveWithTtl(
  name: string,
  family: DnsFamily,
  resolver: Pick<dns.Resolver, "resolve4" | "resolve6">,
  final: boolean,
): Promise<DnsAnswer | undefined> {
  const none: { address: string; ttl: number }[] = [];
  let failed = false;
  const caught = (error: unknown): typeof none => {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    failed ||= code !== "ENOTFOUND" && code !== "ENODATA";
    return none;
  };
  const [v4, v6] = await Promise.all([
    family === "v6_only" ? none : resolver.resolve4(name, { ttl: true }).catch(caught),
    family === "v4_only" ? none : resolver.resolve6(name, { ttl: true }).catch(caught),
  ]);
  const all = [...v4, ...v6];
  if (all.length === 0) return final && !failed ? { addresses: [], ttl: undefined } : undefined;
  return {
    addresses: chooseFamily(
      v4.map((each) => each.address),
      v6.map((each) => each.address),
      family,
    ),
    ttl: Math.min(...all.map((each) => each.ttl)),
  };
}

/** AUTO: IPv6 where there is any, else IPv4. */
function chooseFamily(v4: readonly string[], v6: readonly string[], family: DnsFamily): readonly string[] {
  switch (family) {
    case "auto":
      return v6.length > 0 ? v6 : v4;
    case "v4_only":
      return v4;
    case "v6_only":
      return v6;
    case "v4_preferred":
      return v4.length > 0 ? v4 : v6;
    case "all":
      return [...v6, ...v4];
  }
}

export interface DnsCallbacks {
  onAttempt(): void;
  /** Addresses in the resolver's order; empty when the name has none. */
  onSuccess(addresses: readonly string[]): void;
  onFailure(): void;
}

/** Looks up one name again and again. A failure keeps what is known and tries again with backoff. */
export class DnsPoller {
  readonly #name: string;
  readonly #config: DnsConfig;
  readonly #callbacks: DnsCallbacks;
  readonly #resolve: Resolve;
  readonly #random: Random;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #stopped = false;

  constructor(name: string, config: DnsConfig, callbacks: DnsCallbacks, resolve: Resolve, random: Random) {
    this.#name = name;
    this.#config = config;
    this.#callbacks = callbacks;
    this.#resolve = resolve;
    this.#random = random;
  }

  start(): void {
    void this.#poll();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #poll(): Promise<void> {
    this.#callbacks.onAttempt();
    const { family, respectTtl, resolver, minRefreshMs } = this.#config;
    const answer = await this.#resolve(this.#name, family, respectTtl, resolver);
    if (this.#stopped) return;
    let delayMs: number;
    if (answer === undefined) {
      this.#callbacks.onFailure();
      delayMs = Math.min(
        this.#config.failureRefreshMaxMs,
        this.#config.failureRefreshMs * 2 ** this.#failures++,
      );
    } else {
      this.#failures = 0;
      this.#callbacks.onSuccess(answer.addresses);
      const given = respectTtl && answer.ttl !== undefined ? answer.ttl * 1000 : 0;
      const ttlMs = given > 0 ? Math.max(given, minRefreshMs) : 0;
      delayMs = ttlMs > 0 ? ttlMs : this.#config.refreshMs;
    }
    if (this.#config.jitterMs > 0) delayMs += this.#random.uint32() % Math.ceil(this.#config.jitterMs);
    this.#timer = setTimeout(() => void this.#poll(), delayMs);
  }
}
