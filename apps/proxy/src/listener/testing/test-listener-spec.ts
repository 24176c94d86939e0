import type { ListenerSpec } from "../listener-spec.ts";

/** A listener of that encoded message on a port of 127.0.0.1. */
export function testListenerSpec(
  given: Pick<ListenerSpec, "id" | "name" | "bytes"> & { readonly key: string; readonly port: number },
): ListenerSpec {
  const { id, name, bytes, key, port } = given;
  return {
    id,
    name,
    statName: name,
    bytes,
    sockets: [
      {
        kind: "tcp",
        key,
        host: "127.0.0.1",
        port,
        ipv6Only: false,
        backlog: 16,
        reusePort: true,
        keepalive: undefined,
        bypassesOverload: false,
        shared: false,
      },
    ],
    balance: undefined,
  };
}
