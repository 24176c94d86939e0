import type { HeaderMap } from "@sluice/extension-api";
import { type Cidr, CidrSet, isLoopback, parseIpAddress } from "@sluice/matching";

/** What a detection made of a request (`envoy.http.original_ip_detection`). */
export interface DetectedAddress {
  /** IP address without a port; `undefined`: nothing was found. */
  readonly address: string | undefined;
  /** The address may be believed where it decides whether a request is internal. */
  readonly trusted: boolean;
  /** The peer is not added to `x-forwarded-for`. */
  readonly skipXffAppend: boolean;
  /** Answer with this status instead of going on. */
  readonly rejectStatus: number | undefined;
}

/** One way of telling who the client is. */
export interface AddressDetection {
  /** `peerIp`: the socket's peer, "" for a local socket. */
  detect(headers: HeaderMap, peerIp: string): DetectedAddress;
}

/** Takes the address that stands `hops` before the last one of `x-forwarded-for`. */
export class XffHopsDetection implements AddressDetection {
  private readonly hops: number;
  private readonly skipXffAppend: boolean;

  constructor(hops: number, skipXffAppend: boolean) {
    this.hops = hops;
    this.skipXffAppend = skipXffAppend;
  }

  detect(headers: HeaderMap): DetectedAddress {
    const { skipXffAppend } = this;
    const found = addressFromXff(headers.getAll("x-forwarded-for"), this.hops);
    return {
      address: found?.address,
      trusted: found?.single ?? false,
      skipXffAppend,
      rejectStatus: undefined,
    };
  }
}

/** Takes the last address of `x-forwarded-for` that is not one of the trusted proxies', if the peer is one of them. */
export class XffTrustedCidrsDetection implements AddressDetection {
  private readonly proxies: CidrSet;
  private readonly skipXffAppend: boolean;

  constructor(proxies: readonly Cidr[], skipXffAppend: boolean) {
    this.proxies = new CidrSet(proxies);
    this.skipXffAppend = skipXffAppend;
  }

  detect(headers: HeaderMap, peerIp: string): DetectedAddress {
    const xff = headers.getAll("x-forwarded-for");
    const address = this.proxies.has(peerIp) ? this.search(xff) : undefined;
    const trusted = address !== undefined && xff?.includes(",") === false;
    return { address, trusted, skipXffAppend: this.skipXffAppend, rejectStatus: undefined };
  }

  private search(xff: string | undefined): string | undefined {
    if (xff === undefined) return undefined;
    let last: string | undefined;
    const entries = xff.split(",");
    for (let i = entries.length - 1; i >= 0; i--) {
      const text = (entries[i] ?? "").trim();
      if (parseIpAddress(text) === undefined) return last;
      last = text;
      if (!this.proxies.has(text)) return text;
    }
    return last;
  }
}

/** Takes the address from a header of its own. */
export class CustomHeaderDetection implements AddressDetection {
  private readonly name: string;
  private readonly trusted: boolean;
  private readonly rejectStatus: number | undefined;

  constructor(name: string, trusted: boolean, rejectStatus: number | undefined) {
    this.name = name.toLowerCase();
    this.trusted = trusted;
    this.rejectStatus = rejectStatus;
  }

  detect(headers: HeaderMap): DetectedAddress {
    const text = headers.get(this.name);
    const found = text !== undefined && parseIpAddress(text) !== undefined;
    return {
      address: found ? text : undefined,
      trusted: found && this.trusted,
      skipXffAppend: true,
      rejectStatus: found ? undefined : this.rejectStatus,
    };
  }
}

/** The address `hops` before the last one; `single`: it is the only one. */
export function addressFromXff(
  xff: string | undefined,
  hops: number,
): { readonly address: string; readonly single: boolean } | undefined {
  if (xff === undefined) return undefined;
  let end = xff.length;
  for (let i = 0; i < hops; i++) {
    const comma = xff.lastIndexOf(",", end - 1);
    if (comma < 0 || end === 0) return undefined;
    end = comma;
  }
  const comma = end === 0 ? -1 : xff.lastIndexOf(",", end - 1);
  const text = xff.slice(comma + 1, end).trim();
  if (parseIpAddress(text) === undefined) return undefined;
  return { address: text, single: comma < 0 && hops === 0 };
}

/** As `ip:port` of a client whose port is not known. */
export function withPortZero(ip: string): string {
  return ip.includes(":") ? `[${ip}]:0` : `${ip}:0`;
}

export function isLoopbackIp(ip: string): boolean {
  const parsed = parseIpAddress(ip);
  return parsed !== undefined && isLoopback(parsed);
}
