import { Resolver } from "node:dns/promises";
import { readServer } from "@sluice/config";
import { OutboundError, type OutboundPolicy, resolveTarget } from "@sluice/config/outbound";
import { AcmeError } from "../acme-error.ts";

/** One name server, by each of its addresses. */
export interface NameServer {
  readonly host: string;
  /** As `Resolver.setServers` takes them: `192.0.2.1:53`, `[2001:db8::1]:53`. */
  readonly addresses: readonly string[];
}

/** What a question may cost; a server that is down is asked again at the next look. */
const QUESTION = { timeout: 2_000, tries: 2 } as const;
const DNS_PORT = 53;
const ALIASES_MAX = 8;
const LABELS_MIN = 2;

export interface NameServersOptions {
  readonly outbound: OutboundPolicy;
  /** `host` or `host:port`: asked for everything in place of the system's resolver and of the zone's own servers; none: those. */
  readonly instead: readonly string[];
  /** Asked for zones and aliases where `instead` is empty. Default: the system's. */
  readonly resolvers?: readonly string[];
  /** Of a zone's own servers. Default 53. */
  readonly port?: number;
}

/** Asks servers that were judged by the policy, and no others. */
export class NameServers {
  readonly #options: NameServersOptions;
  #instead: Promise<readonly NameServer[]> | undefined;

  constructor(options: NameServersOptions) {
    this.#options = options;
  }

  /** Where a record is really to be put: what `name` is an alias of, else itself. Absolute names without the root's dot. */
  async target(name: string): Promise<string> {
    const resolver = await this.#recursive();
    let at = name;
    for (let left = ALIASES_MAX; left > 0; left--) {
      const alias = await resolver.resolveCname(at).catch(none);
      const next = alias[0]?.toLowerCase();
      if (next === undefined) return at;
      at = next;
    }
    throw new AcmeError(`${name} is an alias of an alias of too many others`);
  }

  /** The zone that `name` is in, and who is asked for it. @throws AcmeError */
  async serversOf(name: string): Promise<readonly NameServer[]> {
    if (this.#options.instead.length > 0) return await this.#chosen();
    const resolver = await this.#recursive();
    const labels = name.split(".");
    for (let skip = 0; labels.length - skip >= LABELS_MIN; skip++) {
      const hosts = await resolver.resolveNs(labels.slice(skip).join(".")).catch(none);
      if (hosts.length > 0)
        return await Promise.all(
          hosts.toSorted().map((host) => this.#judged(host, this.#options.port ?? DNS_PORT)),
        );
    }
    throw new AcmeError(`no name server is known for ${name}`);
  }

  async #recursive(): Promise<Resolver> {
    const resolver = new Resolver(QUESTION);
    const { instead, resolvers } = this.#options;
    if (instead.length > 0) resolver.setServers((await this.#chosen()).flatMap(({ addresses }) => addresses));
    else if (resolvers !== undefined) resolver.setServers(resolvers);
    return resolver;
  }

  #chosen(): Promise<readonly NameServer[]> {
    this.#instead ??= Promise.all(
      this.#options.instead.map((text) => {
        const server = readServer(text);
        if (server === undefined) throw new AcmeError(`'${text}' is no name server`);
        return this.#judged(server.host, server.port);
      }),
    );
    return this.#instead;
  }

  async #judged(host: string, port: number): Promise<NameServer> {
    try {
      const { addresses } = await resolveTarget(this.#options.outbound, host);
      return {
        host,
        addresses: addresses.map(({ address, family }) =>
          family === 6 ? `[${address}]:${port}` : `${address}:${port}`,
        ),
      };
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      throw new AcmeError(`a name server cannot be asked: ${error.message}`);
    }
  }
}

/**
 * Whether one server has a TXT record of that name and value; a text says why not.
 *
 * Any of its addresses may answer, since one of them may be of a family that this host has no route to.
 */
export async function hasRecord(
  { host, addresses }: NameServer,
  name: string,
  value: string,
): Promise<true | string> {
  const answers = await Promise.all(
    addresses.map(async (address) => {
      const resolver = new Resolver(QUESTION);
      resolver.setServers([address]);
      try {
        const records = await resolver.resolveTxt(name);
        return records.some((parts) => parts.join("") === value) || `${host} has other values`;
      } catch (error) {
        const code = codeOf(error);
        return `${host} ${code === "ENOTFOUND" || code === "ENODATA" ? "does not have it" : `answers ${code}`}`;
      }
    }),
  );
  return answers.find((answer) => answer === true) ?? answers[0] ?? `${host} has no address`;
}

/** There is none, or nobody answers: whoever needs it says so then. */
function none(): readonly string[] {
  return [];
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
