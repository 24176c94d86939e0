import { Socket } from "node:net";
import { getSystemErrorMessage, getSystemErrorName } from "node:util";
import type { Handle, ServerHandle } from "../descriptor/node-handles.ts";

/** What `ListenerSocket` listens by. */
export interface Listening {
  readonly port: number;
  close(): void;
}

/**
 * Listens by a descriptor of a socket that other threads listen by as well: which of them gets a connection is whichever is first.
 * Throws the system's message.
 */
export function listenByHandle(
  handle: ServerHandle,
  port: number,
  backlog: number,
  onSocket: (socket: Socket) => void,
): Listening {
  handle.onconnection = (status, client) => {
    // accept(2) failed (out of descriptors); libuv goes on listening.
    if (status === 0 && client !== undefined) onSocket(adoptSocket(client));
  };
  const status = handle.listen(backlog);
  if (status !== 0) {
    handle.close();
    throw new Error(`listen ${getSystemErrorName(status)}: ${getSystemErrorMessage(status)}`);
  }
  return { port, close: () => handle.close() };
}

/** As a `net.Server` with `pauseOnConnect` and `allowHalfOpen` makes it. */
export function adoptSocket(handle: Handle): Socket {
  return new Socket(socketOptions(handle));
}

/** The descriptor below a connection. */
export function handleOf(socket: Socket): Handle | undefined {
  const handle: unknown = Reflect.get(socket, "_handle");
  return isHandle(handle) ? handle : undefined;
}

function isHandle(handle: unknown): handle is Handle {
  return typeof handle === "object" && handle !== null && "fd" in handle && "close" in handle;
}

/** Node's type definitions leave out what `net.Server` and `child_process` pass. */
function socketOptions(handle: Handle): ConstructorParameters<typeof Socket>[0] {
  return { handle, allowHalfOpen: true, pauseOnCreate: true, readable: true, writable: true } as object;
}
