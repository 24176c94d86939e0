import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { type WebSocket, WebSocketServer } from "ws";
import { readSession, type SignedIn } from "../auth/session.ts";
import { isSameOrigin } from "../http/same-origin.ts";
import { TokenBuckets } from "../http/token-buckets.ts";
import { webHeaders } from "../http/web-request.ts";
import type { Services } from "../services.ts";
import { appRouter } from "../trpc/app-router.ts";
import type { RequestContext } from "../trpc/trpc.ts";

const LIVE_PATH = "/api/live";

export interface LiveSocketOptions {
  readonly services: Services;
  readonly publicUrl: string | undefined;
  /** How often a socket's session is looked up again. Default 30 s. */
  readonly recheckMs?: number;
}

const MESSAGE_BYTES_MAX = 1 << 20;
/** Far above what pages send. */
const MESSAGES = { perSecond: 50, burst: 1_000 };
/** A browser that reads this slowly is dropped; it reconnects and resumes. */
const BUFFERED_BYTES_MAX = 16 << 20;

/**
 * tRPC over WebSocket. The session is checked before the upgrade and again while the socket lives, so that signing out,
 * removing a user or changing what they may do ends it. Returns how to close everything.
 */
export function serveLiveSocket(server: Server, options: LiveSocketOptions): () => Promise<void> {
  const { services, publicUrl } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX });
  const contexts = new WeakMap<IncomingMessage, RequestContext>();

  const handler = applyWSSHandler({
    wss: sockets,
    router: appRouter,
    createContext: ({ req }): RequestContext => contexts.get(req) ?? { services, session: undefined },
    keepAlive: { enabled: true, pingMs: 15_000, pongWaitMs: 10_000 },
  });

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on("error", () => socket.destroy());
    admit(request).then(
      (session) => {
        if (typeof session === "number") {
          refuse(socket, session);
          return;
        }
        contexts.set(request, { services, session });
        sockets.handleUpgrade(request, socket, head, (webSocket) => {
          sockets.emit("connection", webSocket, request);
          watchSession(webSocket, request, rightsOf(session));
          limitMessages(webSocket);
        });
      },
      (error: unknown) => {
        services.log.warn({ err: error }, "could not look up a session");
        refuse(socket, 503);
      },
    );
  };

  async function admit(request: IncomingMessage): Promise<SignedIn | 401 | 403 | 404> {
    if (URL.parse(request.url ?? "/", "http://local")?.pathname !== LIVE_PATH) return 404;
    if (!isSameOrigin(request, publicUrl)) return 403;
    return (await readSession(services, webHeaders(request))) ?? 401;
  }

  function watchSession(webSocket: WebSocket, request: IncomingMessage, rights: string): void {
    const timer = setInterval(() => {
      if (webSocket.bufferedAmount > BUFFERED_BYTES_MAX) webSocket.terminate();
      readSession(services, webHeaders(request)).then(
        (now) => {
          if (now === undefined || rightsOf(now) !== rights) webSocket.close(4401, "session ended");
        },
        // Postgres is away: who was let in stays in.
        () => {},
      );
    }, options.recheckMs ?? 30_000);
    webSocket.on("close", () => clearInterval(timer));
  }

  function limitMessages(webSocket: WebSocket): void {
    const bucket = new TokenBuckets(MESSAGES, () => performance.now());
    webSocket.on("message", () => {
      if (bucket.take("") > 0) webSocket.close(1008, "too many messages");
    });
  }

  server.on("upgrade", onUpgrade);
  return async () => {
    server.off("upgrade", onUpgrade);
    handler.broadcastReconnectNotification();
    for (const client of sockets.clients) client.close(1001, "restarting");
    const closed = new Promise<void>((resolve) => sockets.close(() => resolve()));
    const timer = setTimeout(() => {
      for (const client of sockets.clients) client.terminate();
    }, 500);
    await closed;
    clearTimeout(timer);
  };
}

function rightsOf({ id, role, grants, secondFactor }: SignedIn): string {
  return JSON.stringify([id, role, grants, secondFactor]);
}

const STATUS_TEXT = { 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 503: "Service Unavailable" };

function refuse(socket: Duplex, status: keyof typeof STATUS_TEXT): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_TEXT[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
