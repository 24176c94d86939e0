import type { Socket } from "node:net";
import { type ClientHello, parseClientHello } from "./client-hello.ts";

/**
 * Reads until the ClientHello is whole, or is known to be none (undefined), and puts all bytes back. Nothing is called when the
 * socket ends before; its `close` tells.
 */
export function awaitClientHello(socket: Socket, onHello: (hello: ClientHello | undefined) => void): void {
  let gathered: Buffer | undefined;
  const onReadable = (): void => {
    const chunk: unknown = socket.read();
    if (!(chunk instanceof Buffer)) return;
    gathered = gathered === undefined ? chunk : Buffer.concat([gathered, chunk]);
    const hello = parseClientHello(gathered);
    if (hello === "more") return;
    socket.removeListener("readable", onReadable);
    socket.removeListener("end", onEnd);
    socket.unshift(gathered);
    onHello(hello === "none" ? undefined : hello);
  };
  const onEnd = (): void => {
    socket.destroy();
  };
  socket.on("readable", onReadable);
  socket.on("end", onEnd);
}
