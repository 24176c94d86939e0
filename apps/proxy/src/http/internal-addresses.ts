import { type Cidr, CidrSet } from "@sluice/matching";

/** Which clients count as internal (`internal_address_config`). By default none does. */
export class InternalAddresses {
  private readonly unixSockets: boolean;
  private readonly ranges: CidrSet | undefined;

  constructor(unixSockets: boolean, ranges: readonly Cidr[]) {
    this.unixSockets = unixSockets;
    this.ranges = ranges.length === 0 ? undefined : new CidrSet(ranges);
  }

  /** `ip`: without a port; "" for a client on a local socket. */
  has(ip: string): boolean {
    if (ip === "") return this.unixSockets;
    return this.ranges?.has(ip) ?? false;
  }
}
