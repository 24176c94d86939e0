import type { Socket } from "node:net";

/** The TCP socket below each socket that has one: node:net cannot reset what is not TCP itself. */
const below = new WeakMap<Socket, Socket>();

export function carriedBy(socket: Socket, transport: Socket): void {
  below.set(socket, transport);
}

/** Ends a connection with a TCP reset, whatever stands on it. */
export function resetSocket(socket: Socket): void {
  let transport = socket;
  for (let next = below.get(socket); next !== undefined; next = below.get(next)) transport = next;
  transport.resetAndDestroy();
  if (transport !== socket) socket.destroy();
}
