import { connect, type Socket } from "node:net";

export interface ConnectSocketOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly localAddress?: string;
}

/** A connection that stands, whose sides end apart and whose writes go out at once. */
export async function connectSocket(
  port: number,
  { host = "127.0.0.1", localAddress }: ConnectSocketOptions,
): Promise<Socket> {
  const from = localAddress === undefined ? {} : { localAddress };
  const socket = connect({ port, host, noDelay: true, allowHalfOpen: true, ...from });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return socket;
}
