import { chmodSync } from "node:fs";
import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { keepAlive } from "../connection/keep-alive.ts";
import type { ServerHandle } from "../descriptor/node-handles.ts";
import type { AcceptGate, AcceptQueue } from "./accept-gate.ts";
import { pipeName, removeStaleSocket } from "./bind-socket.ts";
import type { SocketSpec } from "./listener-spec.ts";
import { type Listening, listenByHandle } from "./listening-handle.ts";

/** Where one worker listens at one address. Who gets its connections may change while it listens. */
export class ListenerSocket {
  readonly key: string;
  #listening: Listening | undefined;
  #spec: SocketSpec;
  #onAccept: (socket: Socket) => void;
  readonly #gate: AcceptGate;
  readonly #queue: AcceptQueue;

  private constructor(spec: SocketSpec, onAccept: (socket: Socket) => void, gate: AcceptGate) {
    this.key = spec.key;
    this.#spec = spec;
    this.#onAccept = onAccept;
    this.#gate = gate;
    this.#queue = gate.queue((socket) => this.#onAccept(socket));
  }

  /**
   * Binds and listens, or listens by the descriptor that it shares with others; rejects with the system's error. Connections wait in the
   * accept queue until then.
   */
  static async listen(
    spec: SocketSpec,
    onAccept: (socket: Socket) => void,
    gate: AcceptGate,
    shared?: ServerHandle,
  ): Promise<ListenerSocket> {
    const socket = new ListenerSocket(spec, onAccept, gate);
    const accept = (accepted: Socket): void => socket.#accept(accepted);
    socket.#listening =
      shared === undefined
        ? await bindAndListen(spec, accept)
        : listenByHandle(shared, spec.kind === "tcp" ? spec.port : 0, backlogOf(spec), accept);
    return socket;
  }

  /** 0 for a pipe. */
  get port(): number {
    return this.#listening?.port ?? 0;
  }

  /** `spec`: what of it may change while it listens holds for connections from now on; by default as before. */
  redirect(onAccept: (socket: Socket) => void, spec = this.#spec): void {
    this.#onAccept = onAccept;
    this.#spec = spec;
  }

  #accept(socket: Socket): void {
    const spec = this.#spec;
    if (spec.kind === "tcp" && spec.keepalive !== undefined) keepAlive(socket, spec.keepalive);
    if (this.#gate.closed && !spec.bypassesOverload) this.#queue.hold(socket, backlogOf(spec));
    else this.#onAccept(socket);
  }

  /** Stops listening; accepted connections live on. */
  close(): void {
    this.#listening?.close();
    this.#queue.close();
  }
}

/**
 * libuv accepts one connection from a socket for each turn of its loop. With a single socket the last of 64 clients that come at
 * once waits for 64 turns, in each of which all the others are served; and a turn is dear for one connection. More than
 * eight bring nothing more (docs/benchmarks.md).
 */
const SOCKETS_PER_ADDRESS = 8;

/** Sockets of this worker's own: several that share the address where that is allowed. */
async function bindAndListen(spec: SocketSpec, onAccept: (socket: Socket) => void): Promise<Listening> {
  if (spec.kind === "pipe") removeStaleSocket(spec.path);
  const count = spec.kind === "tcp" && spec.reusePort ? SOCKETS_PER_ADDRESS : 1;
  const servers: Server[] = [];
  const close = (): void => {
    for (const server of servers) server.close();
  };
  let port = 0;
  try {
    for (let n = 0; n < count; n++) {
      const server = await listenOnce(listenOptions(spec, count, port), onAccept);
      servers.push(server);
      port = portOf(server);
    }
  } catch (error) {
    close();
    throw error;
  }
  if (spec.kind === "pipe" && spec.mode !== 0) chmodSync(spec.path, spec.mode);
  return { port, close };
}

async function listenOnce(options: ListenOptions, onAccept: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.on("connection", onAccept);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
  server.on("error", () => {
    // accept(2) failed (out of descriptors); libuv goes on listening.
  });
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Of a pipe: Node's. */
const PIPE_BACKLOG = 511;

function backlogOf(spec: SocketSpec): number {
  return spec.kind === "tcp" ? spec.backlog : PIPE_BACKLOG;
}

/** Of one of `count` sockets, which have the backlog together. `port`: what the system chose for the first, or 0. */
function listenOptions(spec: SocketSpec, count: number, port: number): ListenOptions {
  if (spec.kind === "pipe") return { path: pipeName(spec.path) };
  return {
    host: spec.host,
    port: port === 0 ? spec.port : port,
    ipv6Only: spec.ipv6Only,
    backlog: Math.ceil(spec.backlog / count),
    reusePort: spec.reusePort,
    exclusive: true,
  };
}
