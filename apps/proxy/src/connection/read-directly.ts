import type { Socket } from "node:net";

/**
 * Hands what a socket reads to `onChunk`. While its stream flows and holds nothing, the bytes do not pass through it: Node's
 * queueing, the event and the tick that asks for more cost as much as parsing a head. Paused, the stream keeps what comes,
 * stops the socket when it has enough, and hands it over in order when it flows again.
 */
export function readDirectly(socket: Socket, onChunk: (chunk: Buffer) => void): void {
  const push = socket.push.bind(socket);
  socket.push = (chunk: Buffer | null) => {
    if (chunk === null || socket.readableFlowing !== true || socket.readableLength > 0) return push(chunk);
    onChunk(chunk);
    return true;
  };
  socket.on("data", onChunk);
}
