import { type Cidr, CidrSet, parseCidr } from "@sluice/matching";

/** What a configuration without ranges of its own means: RFC 1918, RFC 4193 and the loopback address itself, as in Envoy. */
const USUAL_RANGES: readonly Cidr[] = (
  [
    ["10.0.0.0", 8],
    ["172.16.0.0", 12],
    ["192.168.0.0", 16],
    ["127.0.0.1", 32],
    ["fd00::", 8],
    ["::1", 128],
  ] as const
).flatMap(([addressPrefix, prefixLen]) => {
  const cidr = parseCidr({ addressPrefix, prefixLen }, "");
  return cidr.ok ? [cidr.value] : [];
});

/** Which clients count as internal (`internal_address_config`). Without it none does. */
export class InternalAddresses {
  private readonly unixSockets: boolean;
  private readonly ranges: CidrSet | undefined;

  /** `ranges`: `undefined` without a configuration; empty: the usual ones. */
  constructor(unixSockets: boolean, ranges: readonly Cidr[] | undefined) {
    this.unixSockets = unixSockets;
    this.ranges = ranges === undefined ? undefined : new CidrSet(ranges.length === 0 ? USUAL_RANGES : ranges);
  }

  /** `ip`: without a port; "" for a client on a local socket. */
  has(ip: string): boolean {
    if (ip === "") return this.unixSockets;
    return this.ranges?.has(ip) ?? false;
  }
}
