import { lookup } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { OutboundError } from "./outbound-error.ts";
import { type OutboundPolicy, plainHost } from "./outbound-policy.ts";

/** An IP address and which IP it is of. */
export interface TargetAddress {
  readonly address: string;
  readonly family: number;
}

export type Resolve = (host: string) => Promise<readonly TargetAddress[]>;

/** Where a connection may go: the addresses are those that were judged, and no name is resolved again. */
export interface OutboundTarget {
  /** For TLS (SNI and the certificate's name) and the Host header. */
  readonly host: string;
  readonly addresses: readonly TargetAddress[];
  /** For `lookup` of node:net, node:tls and node:http: answers the judged addresses, whatever is asked. */
  readonly lookup: LookupFunction;
}

/**
 * Resolves `host` once and judges every address. One that is forbidden refuses the host: a name that leads both outside and inside
 * is an attempt to get in.
 *
 * @throws OutboundError `unresolved`, `refused`
 */
export async function resolveTarget(
  policy: OutboundPolicy,
  host: string,
  resolve: Resolve = (name) => lookup(name, { all: true }),
): Promise<OutboundTarget> {
  const name = plainHost(host);
  const addresses = await resolve(name).catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    throw new OutboundError("unresolved", `${name} has no address${code}`, error);
  });
  const [first] = addresses;
  if (first === undefined) throw new OutboundError("unresolved", `${name} has no address`);
  for (const { address } of addresses) {
    if (policy.permits(name, address)) continue;
    const where = address === name ? name : `${name} leads to ${address}, which`;
    throw new OutboundError(
      "refused",
      `${where} is not an address of the public Internet; SLUICE_OUTBOUND_ALLOW can allow it`,
    );
  }
  return {
    host: name,
    addresses,
    lookup: (_name, options, callback) => {
      if (options.all === true) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    },
  };
}
