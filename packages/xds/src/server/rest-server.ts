import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import { ConnectError } from "@connectrpc/connect";
import { REST_PATHS } from "../rest-paths.ts";
import type {
  AuthenticatedNode,
  SnapshotSource,
  XdsServerObserver,
  XdsStreamInfo,
} from "../snapshot-source.ts";
import { peerAddress } from "./peer-address.ts";
import type { PeerLimits, PeerStream } from "./peer-limits.ts";
import { type RestAnswer, restAnswer } from "./rest-answer.ts";
import { readRestRequest } from "./rest-request.ts";
import { RestSessions } from "./rest-sessions.ts";
import type { StreamStatus } from "./stream-status.ts";

/** `authenticated`: whose certificate the request came with, if any; another node's request is then answered with 403. */
export type RestHandler = (
  request: IncomingMessage | Http2ServerRequest,
  response: RestResponse,
  authenticated?: AuthenticatedNode,
) => boolean;

/** What `node:http` and `node:http2` have in common. */
export interface RestResponse {
  statusCode: number;
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  setHeader(name: string, value: string | number): unknown;
  end(body: string): unknown;
  destroy(): unknown;
  on(event: "close", listener: () => void): unknown;
  off(event: "close", listener: () => void): unknown;
}

export interface RestServerOptions {
  readonly source: SnapshotSource;
  readonly observer: XdsServerObserver;
  readonly requestBytesMax?: number;
  readonly restHoldMs?: number;
  readonly log?: (message: string) => void;
  readonly nextId: () => number;
  /** Polls count as streams of their peer while they are served. */
  readonly peers: PeerLimits;
}

const HELD_MAX = 20_000;
/** A node that asks too often is slowed down so far, then refused. */
const DELAY_MS_MAX = 1_000;
const TYPE_OF_PATH = new Map(Object.entries(REST_PATHS).map(([typeUrl, path]) => [path, typeUrl]));

/**
 * xDS by HTTP and JSON: a node posts a DiscoveryRequest and gets a DiscoveryResponse, or 304 when it has that version. A
 * request for what the node has is held for a change as long as the node can wait. Envoy waits 1 s by default, counts what
 * takes longer as a failure, and asks again after its `refresh_delay`.
 */
export class RestServer {
  private readonly options: RestServerOptions;
  private readonly sessions: RestSessions;
  private readonly held = new Set<{ look(): void; end(): void }>();

  constructor(options: RestServerOptions) {
    this.options = options;
    this.sessions = new RestSessions(options.observer, options.nextId);
  }

  handle(...[request, response, authenticated]: Parameters<RestHandler>): boolean {
    const typeUrl = TYPE_OF_PATH.get(request.url ?? "");
    if (typeUrl === undefined) return false;
    void this.serve(typeUrl, request, response, authenticated).catch((error: unknown) => {
      this.options.log?.(`a REST request ended: ${error instanceof Error ? error.message : String(error)}`);
      response.destroy();
    });
    return true;
  }

  /** The configuration may have changed: who waits is answered. */
  refresh(): void {
    for (const each of this.held) each.look();
  }

  streams(): XdsStreamInfo[] {
    return this.sessions.streams();
  }

  status(): StreamStatus[] {
    return this.sessions.status(this.options.source);
  }

  close(): void {
    for (const each of this.held) each.end();
    this.sessions.close();
  }

  private async serve(typeUrl: string, ...asked: Parameters<RestHandler>): Promise<void> {
    const [request, response, authenticated] = asked;
    const address = peerAddress(request.socket);
    const peer =
      authenticated === undefined ? address.slice(0, address.lastIndexOf(":")) : `node ${authenticated.id}`;
    let held: PeerStream;
    try {
      held = this.options.peers.open(peer);
    } catch (error) {
      refuse(response, ConnectError.from(error).rawMessage);
      return;
    }
    try {
      await this.answer(typeUrl, held, ...asked);
    } finally {
      held.close();
    }
  }

  private async answer(
    typeUrl: string,
    held: PeerStream,
    ...[request, response, authenticated]: Parameters<RestHandler>
  ): Promise<void> {
    const bytesMax = this.options.requestBytesMax ?? 16 * 1024 * 1024;
    const read = await readRestRequest(request, typeUrl, bytesMax, authenticated);
    if (!read.ok) {
      send(response, read.status, JSON.stringify({ message: read.message }));
      return;
    }
    held.named();
    const { node, names, version, waitMs } = read;
    const session = this.sessions.of(node, peerAddress(request.socket), typeUrl);
    const delayMs = this.sessions.delayOf(node);
    if (delayMs > DELAY_MS_MAX) {
      refuse(response, `node ${node.id} asks more often than a node may`);
      return;
    }
    if (delayMs > 0) await delay(delayMs);
    const look = (): RestAnswer =>
      restAnswer(this.options.source.snapshotFor(node), typeUrl, names, version, node);
    let answer = look();
    session.asked(version, names);
    if (answer.status === 304) answer = await this.hold(look, waitMs, response);
    if (response.destroyed) return;
    session.answered(answer, names);
    send(response, answer.status, answer.body);
  }

  private hold(look: () => RestAnswer, waitMs: number, response: RestResponse): Promise<RestAnswer> {
    const holdMs = Math.min(this.options.restHoldMs ?? 5_000, waitMs);
    if (holdMs <= 0 || this.held.size >= HELD_MAX) return Promise.resolve(look());
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.held.delete(waiting);
        response.off("close", end);
        resolve(look());
      };
      const waiting = {
        end,
        look: (): void => {
          if (look().status !== 304) end();
        },
      };
      const timer = setTimeout(end, holdMs);
      this.held.add(waiting);
      response.on("close", end);
    });
  }
}

/** Envoy counts it as a failed update and asks again after its `refresh_delay`. */
function refuse(response: RestResponse, message: string): void {
  response.setHeader("retry-after", 1);
  send(response, 429, JSON.stringify({ message }));
}

function send(response: RestResponse, status: number, body: string | undefined): void {
  if (response.destroyed || response.writableEnded) return;
  response.statusCode = status;
  if (body === undefined) {
    response.end("");
    return;
  }
  response.setHeader("content-type", "application/json");
  response.setHeader("content-length", Buffer.byteLength(body));
  response.end(body);
}
