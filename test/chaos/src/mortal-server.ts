import { createServer, type Server, type Socket } from "node:net";

/** Below the range that the system takes ports of outgoing connections from, so that nobody sits on the port of a dead server. */
const PORTS = { first: 20_000, count: 12_000 };

/** What a mortal server does with a connection. */
export type ServeConnection = (socket: Socket) => void;

/** A TCP server on 127.0.0.1 that dies with all its connections, and comes back on the same port. */
export class MortalServer {
  readonly #serve: ServeConnection;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  port = 0;

  constructor(serve: ServeConnection) {
    this.#serve = serve;
  }

  get alive(): boolean {
    return this.#server !== undefined;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
      this.#serve(socket);
    });
    for (let attempt = 0; ; attempt++) {
      const port = this.port || PORTS.first + Math.floor(Math.random() * PORTS.count);
      if (await listen(server, port)) {
        this.port = port;
        break;
      }
      if (attempt === 50) throw new Error(`nothing can listen on port ${port}`);
    }
    this.#server = server;
  }

  /** `reset`: connections end with RST, else with FIN. */
  async kill(reset: boolean): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    for (const socket of this.#sockets) {
      if (reset) socket.resetAndDestroy();
      else socket.destroy();
    }
    await closed;
  }
}

function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const failed = (): void => resolve(false);
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", failed);
      resolve(true);
    });
  });
}
