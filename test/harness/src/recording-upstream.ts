import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import {
  emptyBody,
  type Fields,
  fieldOf,
  type Http1Body,
  readBody,
  readHead,
  requestFraming,
} from "./http1-message.ts";
import { type ScriptedReply, sendInterim, sendReply } from "./scripted-reply.ts";
import { ConnectionEnded, SocketReader } from "./socket-reader.ts";

/** What the upstream saw. It is listed as soon as its head has come; body and trailers grow until `complete`. */
export interface RecordedRequest extends Http1Body {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly fields: Fields;
  /** The head's octets. */
  readonly raw: string;
  /** Counts connections from 1. */
  readonly connection: number;
  header(name: string): string | undefined;
}

/** How the upstream answers: one reply for all, or a choice per request. `index` counts requests from 0. */
export type ReplyChoice = ScriptedReply | ((request: RecordedRequest, index: number) => ScriptedReply);

export interface RecordingUpstream {
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  /** Connections accepted so far. */
  readonly connections: number;
  /** Connections open now. */
  readonly open: number;
  /** What a tunnel received behind the head, per connection, after a 101 or CONNECT reply. */
  readonly tunnelled: ReadonlyMap<number, Buffer>;
  reply(choice: ReplyChoice): void;
  /** Forgets requests, connections counted and tunnels; connections stay open. */
  clear(): void;
  /** Ends all connections and stops listening. */
  close(): Promise<void>;
}

/** An HTTP/1.1 server on raw sockets: it records exactly what comes and answers as scripted (default: 200, `hello`). */
export async function startRecordingUpstream(
  options: { readonly reply?: ReplyChoice; readonly host?: string; readonly port?: number } = {},
): Promise<RecordingUpstream> {
  const state = new UpstreamState(options.reply ?? { body: "hello" });
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => state.accept(socket));
  const port = await listen(server, options.port ?? 0, options.host ?? "127.0.0.1");
  return {
    port,
    get requests() {
      return state.requests;
    },
    get connections() {
      return state.connections;
    },
    get open() {
      return state.sockets.size;
    },
    tunnelled: state.tunnelled,
    reply: (choice) => {
      state.choice = choice;
    },
    clear: () => state.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of state.sockets) socket.destroy();
      }),
  };
}

class UpstreamState {
  requests: RecordedRequest[] = [];
  connections = 0;
  choice: ReplyChoice;
  readonly sockets = new Set<Socket>();
  readonly tunnelled = new Map<number, Buffer>();

  constructor(choice: ReplyChoice) {
    this.choice = choice;
  }

  clear(): void {
    this.requests = [];
    this.connections = 0;
    this.tunnelled.clear();
  }

  accept(socket: Socket): void {
    const connection = ++this.connections;
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    this.serve(socket, connection).catch((error: unknown) => {
      if (!(error instanceof ConnectionEnded)) console.error("recording upstream:", error);
      socket.destroy();
    });
  }

  private async serve(socket: Socket, connection: number): Promise<void> {
    const reader = new SocketReader(socket, 600_000);
    while (!socket.destroyed) {
      const request = await this.read(reader, connection);
      const index = this.requests.push(request) - 1;
      const script = typeof this.choice === "function" ? this.choice(request, index) : this.choice;
      const body = readBody(reader, requestFraming(request.fields), request);
      if (script.at === "interim") sendInterim(socket, script);
      if (script.at !== "head") await body;
      if (script.delayMs !== undefined) await delay(script.delayMs);
      if (script.after !== undefined) await script.after;
      if (script.at !== "interim") sendInterim(socket, script);
      const outcome = await sendReply(socket, script, request.method);
      if (outcome === "tunnel") return this.echo(socket, reader, connection);
      if (outcome === "ended") return;
      await body;
    }
  }

  private async read(reader: SocketReader, connection: number): Promise<RecordedRequest> {
    const { start, fields, raw } = await readHead(reader);
    const [method, target, version] = start;
    const header = (name: string) => fieldOf(fields, name);
    return Object.assign(emptyBody(), { method, target, version, fields, raw, connection, header });
  }

  /** Sends back what comes through a tunnel, and remembers it. */
  private async echo(socket: Socket, reader: SocketReader, connection: number): Promise<void> {
    for (;;) {
      const part = await reader.some();
      if (part.length === 0) break;
      this.tunnelled.set(
        connection,
        Buffer.concat([this.tunnelled.get(connection) ?? Buffer.alloc(0), part]),
      );
      socket.write(part);
    }
    socket.end();
  }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port"));
      else resolve(address.port);
    });
  });
}
