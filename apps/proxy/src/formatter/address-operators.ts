import { maskedAddress, parseIpAddress } from "@sluice/matching";
import type { FormatContext } from "./format-context.ts";
import { type OperatorCompiler, type OperatorTable, plain, text } from "./operator.ts";

type Pick = (context: FormatContext) => string | undefined;

const portOf = (address: string): number | undefined => {
  const colon = address.lastIndexOf(":");
  return colon < 0 || address.startsWith("/") ? undefined : Number(address.slice(colon + 1));
};
export const withoutPort = (address: string): string => {
  const colon = address.lastIndexOf(":");
  if (colon < 0 || address.startsWith("/")) return address;
  return address.startsWith("[") ? address.slice(1, colon - 1) : address.slice(0, colon);
};

/**
 * `(BITS)`: only so many bits of an IP address, in CIDR notation; what is no number counts for nothing, as in Envoy, and below 0 the
 * value is empty.
 */
function withoutPortOf(pick: Pick): OperatorCompiler {
  return (argument) => {
    const change = /^\s*[+-]?[0-9]+\s*$/.test(argument ?? "") ? masking(Number(argument)) : withoutPort;
    return (context) => {
      const found = pick(context);
      return found === undefined ? undefined : change(found);
    };
  };
}

function masking(bits: number): (address: string) => string {
  if (bits > INT_MAX || bits < -INT_MAX) return withoutPort;
  return (address) => {
    const ip = withoutPort(address);
    if (bits >= 0) return maskedAddress(ip, bits, bits) ?? ip;
    return parseIpAddress(ip) === undefined ? ip : "";
  };
}

const INT_MAX = 2 ** 31 - 1;

/** Envoy drops `ADDRESS` from the name of the port: `DOWNSTREAM_REMOTE_PORT`. */
function address(name: string, pick: Pick): Record<string, OperatorCompiler> {
  const present = (context: FormatContext): string | undefined => {
    const found = pick(context);
    return found === "" ? undefined : found;
  };
  const map = (change: (found: string) => string | number | undefined) =>
    plain((context) => {
      const found = present(context);
      return found === undefined ? undefined : change(found);
    });
  return {
    [`${name}_ADDRESS`]: plain(present),
    [`${name}_ADDRESS_WITHOUT_PORT`]: withoutPortOf(present),
    [`${name}_PORT`]: map(portOf),
  };
}

/** A name, or an address, without what follows its colon. */
export const nameWithoutPort = (name: string): string => name.replace(/:\d+$/, "");

/** Only internal listeners' addresses have an endpoint id, and there are none. */
const endpointId = plain(() => "");

export const ADDRESS_OPERATORS: OperatorTable = {
  UPSTREAM_HOST: text(({ streamInfo }) => streamInfo.upstreamRemoteAddress),
  UPSTREAM_HOST_NAME: text(
    ({ streamInfo }) => streamInfo.upstreamHostName || streamInfo.upstreamRemoteAddress,
  ),
  UPSTREAM_HOST_NAME_WITHOUT_PORT: text(({ streamInfo }) => {
    const name = streamInfo.upstreamHostName || streamInfo.upstreamRemoteAddress;
    return name === undefined ? undefined : nameWithoutPort(name);
  }),
  // Of the connection, unlike UPSTREAM_HOST: nothing while there is none.
  ...address("UPSTREAM_REMOTE", ({ streamInfo }) =>
    streamInfo.upstreamLocalAddress === undefined ? undefined : streamInfo.upstreamRemoteAddress,
  ),
  ...address("UPSTREAM_LOCAL", ({ streamInfo }) => streamInfo.upstreamLocalAddress),
  ...address("DOWNSTREAM_REMOTE", ({ connection }) => connection.remoteAddress),
  ...address("DOWNSTREAM_DIRECT_REMOTE", ({ connection }) => connection.directRemoteAddress),
  ...address("DOWNSTREAM_LOCAL", ({ connection }) => connection.localAddress),
  ...address(
    "DOWNSTREAM_DIRECT_LOCAL",
    ({ connection }) => connection.directLocalAddress ?? connection.localAddress,
  ),
  UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID: plain(({ streamInfo }) =>
    streamInfo.upstreamLocalAddress === undefined ? undefined : "",
  ),
  DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID: endpointId,
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID: endpointId,
};
