import { connect, isIPv6, type LookupFunction, type NetConnectOpts, type Socket } from "node:net";
import { keepAlive } from "../connection/keep-alive.ts";
import type { ConnectionConfig } from "./compile-connection-options.ts";
import type { Host } from "./thread-local-cluster.ts";

/** How long an address of several is tried before the next one is; Envoy's. */
const NEXT_ADDRESS_MS = 300;

/** Opens TCP (or local) sockets to hosts with a cluster's options of connections. */
export function createSocketConnector(config: ConnectionConfig): (host: Pick<Host, "connectTo">) => Socket {
  const { keepalive } = config;
  return ({ connectTo }) => {
    if ("path" in connectTo) return connect({ path: connectTo.path });
    const socket = connect({ ...target(connectTo, config), noDelay: true });
    if (keepalive !== undefined) socket.once("connect", () => keepAlive(socket, keepalive));
    return socket;
  };
}

function target(
  { host, port, others = [] }: { host: string; port: number; others?: readonly string[] },
  { sources, firstFamily }: ConnectionConfig,
): NetConnectOpts {
  const family = isIPv6(host) ? 6 : 4;
  const source = sources.find((one) => one.family === family) ?? sources[0];
  const local =
    source === undefined
      ? {}
      : { localAddress: source.address, ...(source.port === 0 ? {} : { localPort: source.port }) };
  if (others.length === 0) return { host, port, ...local };
  return {
    // Resolved by `lookup`: the endpoint's addresses, in their order.
    host: "endpoint",
    port,
    ...local,
    lookup: addressesAsLookup([host, ...others], firstFamily === 0 ? family : firstFamily),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
  };
}

/** Node takes turns between the families, beginning with that of the first address. */
function addressesAsLookup(addresses: readonly string[], first: 4 | 6): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  const ordered = all.toSorted((a, b) => Number(b.family === first) - Number(a.family === first));
  return (_name, _options, callback) => callback(null, ordered);
}
