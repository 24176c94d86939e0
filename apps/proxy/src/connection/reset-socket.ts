import type { Socket } from "node:net";

/** The TCP socket below each socket that has one: node:net cannot reset what is not TCP itself. */
const below = new WeakMap<Socket, Socket>();

export function carriedBy(socket: Socket, transport: Socket): void {
  below.set(socket, transport);
}

/** The socket itself, or what is at the bottom of those that it stands on. */
export function transportOf(socket: Socket): Socket {
  let transport = socket;
  for (let next = below.get(socket); next !== undefined; next = below.get(next)) transport = next;
  return transport;
}

/**
 * Ends a connection with a TCP reset, whatever stands on it. While this side's end is on its way libuv refuses to reset, and Node
 * would keep the descriptor open for good: such a connection just ends.
 */
export function resetSocket(socket: Socket): void {
  let transport = socket;
  let ending = isEnding(socket);
  for (let next = below.get(socket); next !== undefined; next = below.get(next)) {
    transport = next;
    ending ||= isEnding(next);
  }
  if (ending) transport.destroy();
  else transport.resetAndDestroy();
  if (transport !== socket) socket.destroy();
}

/** Everything was written, and shutdown(2) has been asked for or is about to be. */
function isEnding(socket: Socket): boolean {
  return socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished;
}
