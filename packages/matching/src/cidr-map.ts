import type { Compiled } from "./contract.ts";
import { formatIpAddress, type IpAddress, parseIpAddress } from "./ip-address.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";

/** A block of addresses, its host bits cleared. */
export interface Cidr extends IpAddress {
  readonly prefixBits: number;
}

/** Every v4 and every v6 address. */
export const ALL_ADDRESSES: readonly Cidr[] = [
  { family: 4, words: [0], prefixBits: 0 },
  { family: 6, words: [0, 0, 0, 0], prefixBits: 0 },
];

/** `envoy.config.core.v3.CidrRange` and `xds.core.v3.CidrRange`. */
export interface CidrConfig {
  readonly addressPrefix: string;
  readonly prefixLen?: number | undefined;
}

/**
 * One range; without `prefix_len` the range is 0 bits long, one that is too long is a whole
 * address, as in Envoy.
 */
export function parseCidr(config: CidrConfig, path: string): Compiled<Cidr> {
  const address = parseIpAddress(config.addressPrefix);
  if (address === undefined) {
    const message = `${JSON.stringify(config.addressPrefix)} is not an IP address`;
    return { ok: false, problems: [{ path: fieldPath(path, "address_prefix"), message, severity: "error" }] };
  }
  const prefixBits = Math.min(config.prefixLen ?? 0, address.family === 4 ? 32 : 128);
  return {
    ok: true,
    value: { family: address.family, words: masked(address.words, prefixBits), prefixBits },
  };
}

/** Unique text of a block, `4/10.0.0.0`-like but of numbers. */
export function cidrKey({ family, words, prefixBits }: Cidr): string {
  return `${family}/${prefixBits}/${words.join(".")}`;
}

function masked(words: readonly number[], bits: number): number[] {
  return words.map((word, i) => {
    const keep = Math.min(32, Math.max(0, bits - 32 * i));
    return keep === 32 ? word : word - (word % 2 ** (32 - keep));
  });
}

/** Values by block of addresses. A lookup costs one step per distinct prefix length, whatever the number of blocks. */
export class CidrMap<V> {
  private readonly values: ReadonlyMap<string, V>;
  /** Longest first. */
  private readonly lengths: Record<4 | 6, readonly number[]>;

  constructor(entries: Iterable<readonly [Cidr, V]>) {
    const values = new Map<string, V>();
    const lengths = { 4: new Set<number>(), 6: new Set<number>() };
    for (const [cidr, value] of entries) {
      values.set(cidrKey(cidr), value);
      lengths[cidr.family].add(cidr.prefixBits);
    }
    this.values = values;
    this.lengths = { 4: descending(lengths[4]), 6: descending(lengths[6]) };
  }

  /** The value of the smallest block that holds `address`. */
  find(address: IpAddress): V | undefined {
    for (const prefixBits of this.lengths[address.family]) {
      const words = masked(address.words, prefixBits);
      const found = this.values.get(cidrKey({ family: address.family, words, prefixBits }));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The values of all blocks that hold `address`, the smallest first. */
  findAll(address: IpAddress): V[] {
    const found: V[] = [];
    for (const prefixBits of this.lengths[address.family]) {
      const words = masked(address.words, prefixBits);
      const value = this.values.get(cidrKey({ family: address.family, words, prefixBits }));
      if (value !== undefined) found.push(value);
    }
    return found;
  }
}

/** The block of `bits` (by family) that `ip` is in, as Envoy writes it: `10.1.0.0/16`; `undefined` for what is no IP. */
export function maskedAddress(ip: string, v4Bits: number, v6Bits: number): string | undefined {
  const address = parseIpAddress(ip);
  if (address === undefined) return undefined;
  const bits = address.family === 4 ? Math.min(v4Bits, 32) : Math.min(v6Bits, 128);
  return `${formatIpAddress({ family: address.family, words: masked(address.words, bits) })}/${bits}`;
}

/** A list of ranges as a set; `path` is where the list stands. */
export function compileCidrSet(ranges: readonly CidrConfig[], path: string): Compiled<CidrSet> {
  const problems = new ProblemList();
  const blocks = ranges
    .map((range, i) => problems.take(parseCidr(range, `${path}[${i}]`)))
    .filter((cidr) => cidr !== undefined);
  return problems.result(() => new CidrSet(blocks));
}

function descending(lengths: Set<number>): readonly number[] {
  return [...lengths].sort((a, b) => b - a);
}

/** A set of blocks, for matchers that only ask whether an address is inside. */
export class CidrSet {
  private readonly map: CidrMap<true>;

  constructor(blocks: Iterable<Cidr>) {
    this.map = new CidrMap([...blocks].map((cidr) => [cidr, true] as const));
  }

  /** False for what is no IP address (a pipe). */
  has(address: string): boolean {
    const parsed = parseIpAddress(address);
    return parsed !== undefined && this.map.find(parsed) === true;
  }
}
