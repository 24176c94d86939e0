import type { Address } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import { SocketAddress_Protocol } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { AskedRequest } from "./asked-request.ts";
import type { Candidate, Reason } from "./explanation.ts";

interface Bound {
  readonly ip: string;
  readonly port: number;
}

export interface ListenerChoice {
  readonly listener: Listener | undefined;
  /** Where the connection arrives. */
  readonly port: number;
  readonly destinationIp: string;
  readonly candidates: readonly Candidate[];
  readonly problem: Reason | undefined;
}

/** The listener that the connection reaches; `undefined` values are listeners that do not parse. */
export function chooseListener(
  listeners: ReadonlyMap<string, Listener | undefined>,
  request: AskedRequest,
): ListenerChoice {
  const all = [...listeners].map(([name, listener]) => ({
    name,
    listener,
    bound: listener === undefined ? [] : boundBy(listener),
  }));
  const wantedPort = /^\d+$/.test(request.listener ?? "") ? Number(request.listener) : request.port;
  const port = wantedPort ?? (request.secure ? 443 : 80);
  const byName = wantedPort === undefined || request.listener === undefined ? request.listener : undefined;
  const named = all.find(({ name }) => name === request.listener);
  const onPort = all.filter(({ bound }) => bound.some((address) => address.port === port));
  // Ports are often mapped on the way: a URL without one can mean the only listener there is.
  const open = all.filter(({ bound }) => bound.length > 0);
  const lone = wantedPort === undefined && byName === undefined && onPort.length === 0 && open.length === 1;
  const chosen =
    named ??
    (byName !== undefined ? undefined : (lone ? open : onPort).toSorted(exactFirst(request, port))[0]);
  const address = chosen?.bound.find((at) => at.port === port) ?? chosen?.bound[0];
  const why = (bound: readonly Bound[]): string => {
    if (bound.length === 0) return "it binds no TCP port";
    if (byName !== undefined) return `another listener was asked for: ${byName}`;
    if (bound.some((at) => at.port === port)) return "another listener on that port is more specific";
    return `it binds ${addressesText(bound)}; the connection comes to port ${port}`;
  };
  return {
    listener: chosen?.listener,
    port: address?.port ?? port,
    destinationIp: destinationOf(address, request),
    candidates: all.map(({ name, listener, bound }) => {
      const at = { kind: "listeners", name, path: "address" } as const;
      const asks = addressesText(bound);
      if (name === chosen?.name) return { name, at, outcome: "chosen", reasons: [], asks };
      const message = listener === undefined ? "its text does not parse" : why(bound);
      return { name, at, outcome: "rejected", reasons: [{ message, at }], asks };
    }),
    problem:
      chosen === undefined ? { message: nothing(all.length, byName, port, open), at: undefined } : undefined,
  };
}

function nothing(
  count: number,
  name: string | undefined,
  port: number,
  open: readonly { readonly name: string; readonly bound: readonly Bound[] }[],
): string {
  if (count === 0) return "there is no listener";
  const known = open.slice(0, 10).map((each) => `${each.name} (${addressesText(each.bound)})`);
  const missing = name === undefined ? `no listener binds port ${port}` : `there is no listener '${name}'`;
  return `${missing}; there are ${known.join(", ") || "none that bind a TCP port"}`;
}

/** A listener on the very address before one on all addresses. */
function exactFirst(request: AskedRequest, port: number) {
  const rank = ({ bound }: { readonly bound: readonly Bound[] }) =>
    bound.some((at) => at.port === port && at.ip === request.host)
      ? 0
      : bound.some(({ ip }) => isAny(ip))
        ? 1
        : 2;
  return (a: { readonly bound: readonly Bound[] }, b: { readonly bound: readonly Bound[] }) =>
    rank(a) - rank(b);
}

function destinationOf(address: Bound | undefined, request: AskedRequest): string {
  if (address !== undefined && !isAny(address.ip)) return address.ip;
  return /^[0-9.]+$|:/.test(request.host) ? request.host : "127.0.0.1";
}

function isAny(ip: string): boolean {
  return ip === "0.0.0.0" || ip === "::";
}

function addressesText(bound: readonly Bound[]): string {
  return bound.map(({ ip, port }) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`)).join(", ");
}

function boundBy(listener: Listener): readonly Bound[] {
  const addresses = [listener.address, ...listener.additionalAddresses.map(({ address }) => address)];
  return addresses.flatMap((address) => tcp(address));
}

function tcp(address: Address | undefined): readonly Bound[] {
  if (address?.address.case !== "socketAddress") return [];
  const { address: ip, portSpecifier, protocol } = address.address.value;
  if (protocol === SocketAddress_Protocol.UDP || portSpecifier.case !== "portValue") return [];
  return [{ ip, port: portSpecifier.value }];
}
