import { constants as cryptoConstants } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  constants,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { SecureContextOptions } from "node:tls";
import { Code, type ConnectRouter, createContextValues } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { anyHttpServer, authenticatedNodeKey, type XdsServer } from "@sluice/xds/server";
import { CHALLENGE_PATH } from "../acme/challenge-path.ts";
import type { Admission } from "../identity/admission.ts";
import { type JoinAnswer, type JoinHandler, refuse } from "../identity/join-http.ts";
import { type Peer, readPeer } from "../identity/peer.ts";
import type { ServerCredentials } from "../identity/server-identity.ts";
import { listenShared } from "./shared-port.ts";

export interface GrpcServer {
  readonly port: number;
  /** From now on new TLS connections get this certificate; before the first there is no TLS. */
  setCredentials(credentials: ServerCredentials): void;
  /** Ends the connections of peers that may not stay any more. */
  dismiss(): void;
  /** Tells the nodes to go elsewhere (GOAWAY), ends the streams, and resolves when the last connection is gone. */
  close(): Promise<void>;
}

export interface GrpcServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly routes: readonly ((router: ConnectRouter) => void)[];
  /** Asked before the routes. */
  readonly xds?: Pick<XdsServer, "handleGrpc" | "handleRest"> | undefined;
  readonly admission: Admission;
  readonly join: JoinHandler;
  /** What an ACME challenge is answered with, by its token; default: none is known. */
  readonly challenge?: ((token: string) => Promise<string | undefined>) | undefined;
  /** A peer was refused, for the log. */
  readonly onRefused: (peer: Peer, reason: string) => void;
}

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

const GRACE_MS = 250;
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;
const HANDSHAKE_DEADLINE_MS = 10_000;
/** A connection that no service is open to has so long to join. */
const STRANGER_DEADLINE_MS = 15_000;
const HTTP2_OPTIONS = { settings: { maxConcurrentStreams: 1000, initialWindowSize: 1024 * 1024 } };
/** Without resumption every connection shows its certificate anew. */
const TLS_OPTIONS = { minVersion: "TLSv1.2", secureOptions: cryptoConstants.SSL_OP_NO_TICKET } as const;

/**
 * gRPC, and xDS by HTTP and JSON for nodes that poll, over TLS with client certificates and, as `admission` allows, in the
 * clear, on one port; over TLS also the few HTTPS calls by which nodes join. Who may not use a service is told why, as UNAUTHENTICATED.
 *
 * @throws when the address cannot be listened on
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { admission, join, onRefused, xds } = options;
  const shutdown = new AbortController();
  const sessions = new Map<ServerHttp2Session, Peer>();
  const peerOf = (request: Request): Peer => {
    const session = "stream" in request ? request.stream.session : undefined;
    return (session && sessions.get(session as ServerHttp2Session)) ?? readPeer(request.socket);
  };
  const grpc = connectNodeAdapter({
    routes: (router) => {
      for (const routes of options.routes) routes(router);
    },
    connect: false,
    grpcWeb: false,
    readMaxBytes: MESSAGE_BYTES_MAX,
    shutdownSignal: shutdown.signal,
    contextValues: (request) => {
      const peer = peerOf(request);
      return createContextValues().set(authenticatedNodeKey, peer.kind === "node" ? peer.node : undefined);
    },
  });
  const onRequest = (request: Request, response: Response): void => {
    const peer = peerOf(request);
    const path = (request.url ?? "").split("?")[0] ?? "";
    const reason = path.startsWith("/join") ? undefined : admission.refusal(peer);
    if (reason !== undefined) {
      onRefused(peer, reason);
      refuseCall(request, response, reason);
      return;
    }
    if (path.startsWith(CHALLENGE_PATH)) {
      void answerChallenge(options.challenge, path.slice(CHALLENGE_PATH.length), response);
      return;
    }
    const node = peer.kind === "node" ? peer.node : undefined;
    if (xds?.handleRest(request, response, node) === true) return;
    if ("stream" in request && "stream" in response && !path.startsWith("/join")) {
      if (xds?.handleGrpc(request, response, node) !== true) grpc(request, response);
      return;
    }
    const { method = "" } = request;
    const call = { method, path, [Symbol.asyncIterator]: () => request[Symbol.asyncIterator]() };
    // The peer went away meanwhile: there is nobody to answer.
    join.handle(call, response, peer).catch(() => request.destroy());
  };
  const onSession = (session: ServerHttp2Session): void => {
    const peer = readPeer(session.socket);
    sessions.set(session, peer);
    // One window for the whole connection would otherwise let a busy log stream hold up xDS.
    session.setLocalWindowSize(16 * 1024 * 1024);
    const stranger =
      admission.refusal(peer) === undefined
        ? undefined
        : setTimeout(() => session.destroy(), STRANGER_DEADLINE_MS);
    session.on("close", () => {
      clearTimeout(stranger);
      sessions.delete(session);
    });
    // A connection that breaks ends its streams with an error of their own.
    session.on("error", () => {});
  };

  const secure = createSecureServer({
    ...HTTP2_OPTIONS,
    ...TLS_OPTIONS,
    allowHTTP1: true,
    requestCert: true,
    // Who comes without a good one may still join, and is told what is wrong.
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_DEADLINE_MS,
  });
  secure.on("tlsClientError", (_error, socket) => socket.destroy());
  secure.on("request", onRequest);
  secure.on("session", onSession);
  const plain = anyHttpServer({ ...HTTP2_OPTIONS, onSession }, onRequest, onRequest);
  let hasCredentials = false;
  const shared = await listenShared({
    host: options.host,
    port: options.port,
    onTls: (socket) => {
      if (hasCredentials) secure.emit("connection", socket);
      else socket.destroy();
    },
    onPlain: (socket) => plain.server.emit("connection", socket),
  });
  return {
    port: shared.port,
    setCredentials({ certificatePem, keyPem, authorityPem, trustedPem }) {
      const context: SecureContextOptions = {
        ...TLS_OPTIONS,
        key: keyPem,
        cert: [certificatePem, authorityPem].join(""),
        ca: trustedPem,
      };
      secure.setSecureContext(context);
      hasCredentials = true;
    },
    dismiss() {
      for (const [session, peer] of sessions) {
        const reason = peer.kind === "node" ? admission.refusal(peer) : undefined;
        if (reason === undefined) continue;
        onRefused(peer, reason);
        session.goaway(constants.NGHTTP2_NO_ERROR);
        session.destroy();
      }
    },
    async close() {
      const closed = shared.close();
      for (const session of sessions.keys()) session.goaway();
      plain.closeHttp1();
      shutdown.abort();
      const force = setTimeout(() => {
        shared.destroyAll();
      }, GRACE_MS);
      for (const session of sessions.keys()) session.close();
      await closed;
      clearTimeout(force);
    },
  };
}

/** What an ACME authority that asked a node is told (RFC 8555, 8.3). */
async function answerChallenge(
  challenge: GrpcServerOptions["challenge"],
  token: string,
  response: JoinAnswer,
): Promise<void> {
  const text = /^[A-Za-z0-9_-]{1,200}$/.test(token)
    ? await challenge?.(token).catch(() => undefined)
    : undefined;
  response.writeHead(text === undefined ? 404 : 200, { "content-type": "application/octet-stream" });
  response.end(text ?? "");
}

/** gRPC's trailers-only answer; to others JSON. */
function refuseCall(request: Request, response: JoinAnswer, reason: string): void {
  if (!request.headers["content-type"]?.startsWith("application/grpc")) {
    refuse(response, 401, "unauthenticated", reason);
    return;
  }
  response.writeHead(200, {
    "content-type": "application/grpc",
    "grpc-status": String(Code.Unauthenticated),
    "grpc-message": encodeURIComponent(reason),
  });
  response.end("");
}
