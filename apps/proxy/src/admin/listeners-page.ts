import { printAddress } from "../cluster/print-address.ts";
import type { ManagedListener } from "../listener/listener-manager.ts";
import type { Server } from "../server/server.ts";
import { addressJson } from "./address-json.ts";

function active(
  server: Server,
): readonly { readonly listener: ManagedListener; readonly addresses: readonly string[] }[] {
  return server.listeners.list().flatMap(({ active: listener }) => {
    if (listener === undefined) return [];
    const addresses = listener.spec.sockets.map((socket) =>
      socket.kind === "pipe"
        ? socket.path
        : printAddress(socket.host, socket.port === 0 ? (listener.ports[socket.key] ?? 0) : socket.port),
    );
    return [{ listener, addresses }];
  });
}

export function listenersText(server: Server): string {
  return active(server)
    .flatMap(({ listener, addresses }) => addresses.map((address) => `${listener.spec.name}::${address}\n`))
    .join("");
}

/** envoy.admin.v3.Listeners. */
export function listenersJson(server: Server): unknown {
  return {
    listener_statuses: active(server).map(({ listener, addresses: [first = "", ...more] }) => ({
      name: listener.spec.name,
      local_address: addressJson(first),
      ...(more.length === 0 ? {} : { additional_local_addresses: more.map(addressJson) }),
    })),
  };
}
