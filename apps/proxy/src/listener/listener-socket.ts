import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { keepAlive } from "../connection/keep-alive.ts";
import type { SocketSpec } from "../worker/worker-messages.ts";
import type { AcceptGate, AcceptQueue } from "./accept-gate.ts";

/** One listening socket of one worker. Who gets its connections may change while it listens. */
export class ListenerSocket {
  readonly key: string;
  readonly #server: Server;
  #spec: SocketSpec;
  #onAccept: (socket: Socket) => void;
  readonly #gate: AcceptGate;
  readonly #queue: AcceptQueue;

  private constructor(
    spec: SocketSpec,
    server: Server,
    onAccept: (socket: Socket) => void,
    gate: AcceptGate,
  ) {
    this.key = spec.key;
    this.#server = server;
    this.#spec = spec;
    this.#onAccept = onAccept;
    this.#gate = gate;
    this.#queue = gate.queue((socket) => this.#onAccept(socket));
    server.on("connection", (socket: Socket) => this.#accept(socket));
  }

  /** Binds and listens; rejects with the system's error. Connections wait in the accept queue until then. */
  static async listen(
    spec: SocketSpec,
    onAccept: (socket: Socket) => void,
    gate: AcceptGate,
  ): Promise<ListenerSocket> {
    if (spec.kind === "pipe") removeStaleSocket(spec.path);
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    const socket = new ListenerSocket(spec, server, onAccept, gate);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(listenOptions(spec), () => {
        server.removeListener("error", reject);
        resolve();
      });
    });
    if (spec.kind === "pipe" && spec.mode !== 0) chmodSync(spec.path, spec.mode);
    server.on("error", () => {
      // accept(2) failed (out of descriptors); libuv goes on listening.
    });
    return socket;
  }

  /** 0 for a pipe. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
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
    this.#server.close();
    this.#queue.close();
  }
}

/** As Envoy: what an earlier process left at the path goes; anything but a socket makes the bind fail. */
function removeStaleSocket(path: string): void {
  if (path.startsWith("@")) return;
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch {
    // There is none, or bind(2) says what is wrong.
  }
}

/** Of a pipe: Node's. */
const PIPE_BACKLOG = 511;

function backlogOf(spec: SocketSpec): number {
  return spec.kind === "tcp" ? spec.backlog : PIPE_BACKLOG;
}

function listenOptions(spec: SocketSpec) {
  if (spec.kind === "pipe")
    return { path: spec.path.startsWith("@") ? `\0${spec.path.slice(1)}` : spec.path };
  return {
    host: spec.host,
    port: spec.port,
    ipv6Only: spec.ipv6Only,
    backlog: spec.backlog,
    reusePort: spec.reusePort,
    exclusive: true,
  };
}
