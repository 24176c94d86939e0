import { promises as dns, type LookupAddress } from "node:dns";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
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
  const literal = isIP(name);
  if (literal !== 0) {
    const list = (wanted: number): readonly string[] => (literal === wanted ? [name] : []);
    return { addresses: chooseFamily(list(4), list(6), family), ttl: undefined };
  }
  if (resolver.servers.length > 0 && name !== "localhost") {
    return resolveWithTtl(name, family, resolver, resolverOf(resolver), true);
  }
  if (withTtl) {
    const answer = await resolveWithTtl(name, family, resolver, dns, false);
    if (answer !== undefined && answer.addresses.length > 0) return answer;
  }
  try {
    const found = await patiently(resolver.retries, () => lookup(name, resolver.searchDomains));
    const addressesOf = (wanted: 4 | 6): readonly string[] =>
      mayAnswer(wanted, resolver)
        ? found.filter((each) => each.family === wanted).map((each) => each.address)
        : [];
    const addresses = chooseFamily(addressesOf(4), addressesOf(6), family);
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
  settings: DnsResolverSettings,
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
    family === "v6_only" || !mayAnswer(4, settings)
      ? none
      : resolver.resolve4(name, { ttl: true }).catch(caught),
    family === "v4_only" || !mayAnswer(6, settings)
      ? none
      : resolver.resolve6(name, { ttl: true }).catch(caught),
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

/** Whether addresses of the family are of use here. */
function mayAnswer(family: 4 | 6, { routableOnly }: DnsResolverSettings): boolean {
  if (!routableOnly) return true;
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .some((address) => !address.internal && address.family === `IPv${family}`);
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
  /** Addresses in the resolver's order, each once; empty when the name has none. */
  onSuccess(addresses: readonly string[]): void;
  onFailure(): void;
}

/** When to look a name up again after a failure; shared by the names of a cluster, as in Envoy. */
export class FailureBackOff {
  readonly #config: Pick<DnsConfig, "refreshMs" | "failureRefresh">;
  readonly #random: Random;
  #nextMs: number;

  constructor(config: Pick<DnsConfig, "refreshMs" | "failureRefresh">, random: Random) {
    this.#config = config;
    this.#random = random;
    this.#nextMs = config.failureRefresh?.baseMs ?? 0;
  }

  /** Without a rate for failures that of successes holds; with one, a part by lot of what doubles with each failure. */
  nextMs(): number {
    const { refreshMs, failureRefresh } = this.#config;
    if (failureRefresh === undefined) return refreshMs;
    const most = this.#nextMs;
    this.#nextMs = Math.min(most * 2, failureRefresh.maxMs);
    return this.#random.uint32() % Math.ceil(most);
  }

  reset(): void {
    this.#nextMs = this.#config.failureRefresh?.baseMs ?? 0;
  }
}

/** Looks up one name again and again. A failure keeps what is known. */
export class DnsPoller {
  readonly #name: string;
  readonly #config: DnsConfig;
  readonly #callbacks: DnsCallbacks;
  readonly #resolve: Resolve;
  readonly #random: Random;
  readonly #backOff: FailureBackOff;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    name: string,
    config: DnsConfig,
    callbacks: DnsCallbacks,
    resolve: Resolve,
    random: Random,
    backOff: FailureBackOff,
  ) {
    this.#name = name;
    this.#config = config;
    this.#callbacks = callbacks;
    this.#resolve = resolve;
    this.#random = random;
    this.#backOff = backOff;
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
    const { family, respectTtl, resolver, kind } = this.#config;
    const answer = await this.#resolve(this.#name, family, respectTtl, resolver);
    if (this.#stopped) return;
    // One host of all addresses stays where it was when a name has none for a while.
    const failed = answer === undefined || (kind === "logical_dns" && answer.addresses.length === 0);
    if (failed) this.#callbacks.onFailure();
    else {
      this.#backOff.reset();
      this.#callbacks.onSuccess([...new Set(answer.addresses)]);
    }
    const delayMs = failed ? this.#backOff.nextMs() : this.#afterSuccessMs(answer);
    this.#timer = setTimeout(() => void this.#poll(), delayMs);
  }

  #afterSuccessMs({ addresses, ttl }: DnsAnswer): number {
    const { refreshMs, respectTtl, minRefreshMs, jitterMs } = this.#config;
    const givenMs = respectTtl && addresses.length > 0 && ttl !== undefined ? ttl * 1000 : 0;
    const delayMs = givenMs > 0 ? Math.max(givenMs, minRefreshMs) : refreshMs;
    return jitterMs > 0 ? delayMs + (this.#random.uint32() % Math.ceil(jitterMs)) : delayMs;
  }
}
