import { asciiLowerCase } from "./binary-string.ts";
import { type Cidr, CidrMap } from "./cidr-map.ts";
import { type IpAddress, isLoopback, parseIpAddress, sameAddress } from "./ip-address.ts";

/** What a listener knows of a connection when it chooses the filter chain. Addresses are IP texts, or paths of pipes. */
export interface ConnectionFacts {
  readonly destinationIp: string;
  readonly destinationPort: number;
  /** SNI; "" when there is none. */
  readonly serverName: string;
  /** `tls` or `raw_buffer`, as a listener filter found; "" when none looked. */
  readonly transportProtocol: string;
  /** ALPN in the client's order, or what the HTTP inspector found. */
  readonly applicationProtocols: readonly string[];
  /** The peer of the socket. */
  readonly directSourceIp: string;
  /** The client as a PROXY header told it, else the peer. */
  readonly sourceIp: string;
  readonly sourcePort: number;
}

/** Destination port, destination address, server name, transport, ALPN, peer, source type, source address, source port. */
export const LEVELS = 9;

interface LevelKey {
  readonly key: string;
  readonly cidr?: Cidr;
}

/** One step of the match: the next step, or the chain itself behind the last, by what the connection shows. */
export class MatchLevel<C> {
  private readonly next = new Map<string, MatchLevel<C>>();
  private readonly blocks: [Cidr, MatchLevel<C>][] = [];
  private addresses: CidrMap<MatchLevel<C>> | undefined = undefined;
  leaf: C | undefined = undefined;
  private leafRank = 0;

  /**
   * Adds `chain` under every combination of `keys`; false when one of them is taken.
   *
   * @param rank where chains of several ranks ask for the same, the highest gets it
   */
  add(keys: readonly (readonly LevelKey[])[], chain: C, rank: number, level = 0): boolean {
    const here = keys[level];
    if (here === undefined) {
      const taken = this.leaf !== undefined;
      if (taken && rank === this.leafRank) return false;
      if (taken && rank < this.leafRank) return true;
      this.leaf = chain;
      this.leafRank = rank;
      return true;
    }
    let free = true;
    for (const { key, cidr } of here) {
      let child = this.next.get(key);
      if (child === undefined) {
        child = new MatchLevel<C>();
        this.next.set(key, child);
        if (cidr !== undefined) this.blocks.push([cidr, child]);
      }
      if (!child.add(keys, chain, rank, level + 1)) free = false;
    }
    return free;
  }

  /** To be called once, after the last `add`. */
  freeze(): void {
    if (this.blocks.length > 0) this.addresses = new CidrMap(this.blocks);
    for (const child of this.next.values()) child.freeze();
  }

  at(key: string): MatchLevel<C> | undefined {
    return this.next.get(key);
  }

  around(address: IpAddress): MatchLevel<C> | undefined {
    return this.addresses?.find(address);
  }

  get hasSourceTypes(): boolean {
    return this.next.has("local") || this.next.has("external");
  }
}

// What Envoy looks up in place of a pipe's address: any address that only "every address" holds.
const NO_ADDRESS: IpAddress = { family: 4, words: [0xffffffff] };

/** Walks the levels for `connection`; each step's choice is final. */
export function findLeaf<C>(root: MatchLevel<C>, connection: ConnectionFacts): C | undefined {
  const destination = parseIpAddress(connection.destinationIp);
  const atPort = root.at(String(connection.destinationPort)) ?? root.at("");
  const atName = byServerName(
    atPort?.around(destination ?? NO_ADDRESS),
    asciiLowerCase(connection.serverName),
  );
  const atTransport = atName?.at(connection.transportProtocol) ?? atName?.at("");
  const atDirect = byApplicationProtocol(atTransport, connection.applicationProtocols);
  const types = atDirect?.around(parseIpAddress(connection.directSourceIp) ?? NO_ADDRESS);
  const source = parseIpAddress(connection.sourceIp);
  const atSource = bySourceType(types, source, destination)?.around(source ?? NO_ADDRESS);
  return (atSource?.at(String(connection.sourcePort)) ?? atSource?.at(""))?.leaf;
}

/** Exact, then `.example.com`, `.com` for `www.example.com`, then the chains that name none. */
function byServerName<C>(level: MatchLevel<C> | undefined, name: string): MatchLevel<C> | undefined {
  const exact = level?.at(name);
  if (level === undefined || exact !== undefined) return exact;
  let dot = name.indexOf(".", 1);
  while (dot !== -1 && dot < name.length - 1) {
    const wildcard = level.at(name.slice(dot));
    if (wildcard !== undefined) return wildcard;
    dot = name.indexOf(".", dot + 1);
  }
  return level.at("");
}

function byApplicationProtocol<C>(
  level: MatchLevel<C> | undefined,
  protocols: readonly string[],
): MatchLevel<C> | undefined {
  for (const protocol of protocols) {
    const found = level?.at(protocol);
    if (found !== undefined) return found;
  }
  return level?.at("");
}

/** A pipe counts as local. */
function bySourceType<C>(
  level: MatchLevel<C> | undefined,
  source: IpAddress | undefined,
  destination: IpAddress | undefined,
): MatchLevel<C> | undefined {
  if (level === undefined || !level.hasSourceTypes) return level?.at("");
  const local =
    source === undefined ||
    isLoopback(source) ||
    (destination !== undefined && sameAddress(source, destination));
  return level.at(local ? "local" : "external") ?? level.at("");
}
