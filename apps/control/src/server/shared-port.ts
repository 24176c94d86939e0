import { type AddressInfo, createServer, type Socket } from "node:net";
import { ConnectionPace } from "./connection-pace.ts";

export interface SharedPortOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** A connection that begins as TLS does. */
  readonly onTls: (socket: Socket) => void;
  readonly onPlain: (socket: Socket) => void;
}

export interface SharedPort {
  readonly port: number;
  /** Takes no more connections, ends those that have said nothing yet, and resolves when all are gone. */
  close(): Promise<void>;
  /** Ends every connection, also those that were handed on. */
  destroyAll(): void;
}

/** The first byte of a TLS record that can begin a connection (RFC 8446, 5.1: handshake). */
const TLS_HANDSHAKE = 0x16;
/** A thousand clients that start at once on a busy machine take their time. */
const FIRST_BYTE_DEADLINE_MS = 30_000;
const PACE = { burst: 5_000, perSecond: 100, waitingMax: 500 };

/**
 * One port for TLS and plain text: both kinds of client speak first, so the first byte tells.
 *
 * @throws when the address cannot be listened on
 */
export async function listenShared(options: SharedPortOptions): Promise<SharedPort> {
  const all = new Set<Socket>();
  const silent = new Set<Socket>();
  const pace = new ConnectionPace(PACE);
  const server = createServer({ noDelay: true }, (socket) => {
    const waitMs = pace.take(socket.remoteAddress ?? "", performance.now());
    if (waitMs === undefined) {
      socket.destroy();
      return;
    }
    all.add(socket);
    socket.once("close", () => all.delete(socket));
    silent.add(socket);
    const end = (): void => {
      socket.destroy();
    };
    const forget = (): void => {
      silent.delete(socket);
    };
    socket.setTimeout(FIRST_BYTE_DEADLINE_MS, end);
    socket.on("error", end);
    socket.once("close", forget);
    const look = (): void => {
      const first: Buffer | null = socket.read();
      if (first === null) {
        end();
        return;
      }
      forget();
      socket.off("close", forget);
      socket.off("timeout", end);
      socket.setTimeout(0);
      // Whoever takes it over reads what has come already.
      socket.unshift(first);
      if (first[0] === TLS_HANDSHAKE) options.onTls(socket);
      else options.onPlain(socket);
    };
    if (waitMs === 0) socket.once("readable", look);
    else {
      const turn = setTimeout(() => socket.once("readable", look), waitMs);
      socket.once("close", () => clearTimeout(turn));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of silent) socket.destroy();
      await closed;
    },
    destroyAll() {
      for (const socket of all) socket.destroy();
    },
  };
}
