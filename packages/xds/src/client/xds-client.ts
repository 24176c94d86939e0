import type { Socket } from "node:net";
import type { Node } from "../../gen/envoy/config/core/v3/base_pb.js";
import { ClientStream } from "./client-stream.ts";
import { TypeSubscription } from "./type-subscription.ts";

/** Where a management server is. `tls`: verified against `ca` (PEM), or the system's roots. */
export type XdsTarget = AddressTarget | XdsConnectTarget;

/** Connections are the caller's; `authority` names the server, `secure` says whether TLS is on them. */
export interface XdsConnectTarget {
  readonly authority: string;
  readonly secure: boolean;
  connect(): Socket;
}

type AddressTarget = ({ readonly host: string; readonly port: number } | { readonly path: string }) & {
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly serverName?: string;
  };
};

/** `detail`: why it is not connected, in the transport's words. */
export type XdsClientState =
  | { readonly connected: true }
  | { readonly connected: false; readonly detail: string; readonly retryInMs: number };

export interface XdsClientOptions {
  /** Asked before each attempt to connect; undefined: not known yet, tried again after the backoff. */
  readonly target: () => XdsTarget | undefined;
  /** Sent with the first request of a stream, or with each. */
  readonly node: Node;
  /** Aggregated: one stream for all types. Otherwise one stream per type, to that type's own service. */
  readonly variant: "ads" | "delta-ads" | "sotw" | "delta";
  /** `ApiConfigSource.set_node_on_first_message_only`; default false. */
  readonly setNodeOnFirstMessageOnly?: boolean;
  /** `GrpcService.initial_metadata`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** A longer response ends the stream (`RESOURCE_EXHAUSTED`); default, and at most: 256 MiB. */
  readonly messageBytesMax?: number;
  /** Fully jittered exponential backoff; default 500 ms, at most 30 s, as Envoy. Reset by the first response. */
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number };
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** HTTP/2 pings find a dead connection; default: every 10 s, with 5 s to answer. */
  readonly keepalive?: { readonly intervalMs: number; readonly timeoutMs: number };
  /** `ApiConfigSource.rate_limit_settings`; none by default. */
  readonly rateLimit?: { readonly tokensMax: number; readonly perSecond: number };
  /** A request waits for the rate limit. */
  readonly onRateLimited?: () => void;
  /** A response told who sends it (`control_plane`). */
  readonly onControlPlane?: (identifier: string) => void;
  readonly onState?: (state: XdsClientState) => void;
}

/** `value`: the encoded message. */
export interface XdsResource {
  readonly name: string;
  readonly version: string;
  readonly value: Uint8Array;
  /** Other names under which it was asked for (VHDS); none by default. */
  readonly aliases?: readonly string[];
}

/** What one response means for a subscription. */
export interface XdsUpdate {
  /** `version_info` or `system_version_info`. */
  readonly version: string;
  /** New and changed resources; with `full`, all there are. */
  readonly updated: readonly XdsResource[];
  /** Names that are gone, of those that the client had. */
  readonly removed: readonly string[];
  /** Names that the server was asked for and says that it cannot resolve (VHDS). */
  readonly unresolved?: readonly string[];
  /** State of the world of a whole-set type (LDS, CDS). */
  readonly full: boolean;
}

/** Resolves to undefined when the update is accepted (ACK), else to why not (NACK): the words that operators will read. */
export type XdsUpdateHandler = (update: XdsUpdate) => Promise<string | undefined> | string | undefined;

export interface XdsSubscriptionOptions {
  /**
   * VHDS: names stand for everything below them (`name/…`), and are not sent themselves; those that are below one of the
   * others are. Updates then have everything that the server sends, with its aliases. Default false.
   */
  readonly namespaces?: boolean;
  /** `initial_fetch_timeout`; default 15,000 ms, 0: none. */
  readonly initialFetchTimeoutMs?: number;
  /** Nothing came in that time; the subscription goes on. */
  readonly onInitialFetchTimeout?: () => void;
  /** When Envoy counts `update_attempt`: at the start, and after each response or failure when one goes on asking. */
  readonly onAttempt?: () => void;
  /** No response could be had: the stream ended, or a file cannot be read. */
  readonly onFailure?: (message: string) => void;
  /** A response was refused, by the handler or before it. */
  readonly onRejected?: (message: string) => void;
}

export interface XdsSubscription {
  /**
   * Replaces the names; those that stay are not asked for again. To a wildcard subscription they come in addition: what a
   * server does not send unless it is asked for (on-demand CDS).
   */
  setNames(names: readonly string[]): void;
  /** Unsubscribes; the handler is not called again. */
  close(): void;
}

export interface XdsClient {
  /** One subscription per type. "*": everything the server has for this node. Updates of a type come one after the other. */
  subscribe(
    typeUrl: string,
    names: readonly string[] | "*",
    handler: XdsUpdateHandler,
    options?: XdsSubscriptionOptions,
  ): XdsSubscription;
  readonly connected: boolean;
  /** Ends all streams at once. */
  close(): Promise<void>;
}

/** Connects with the first subscription and stays connected; see `XdsClientOptions`. */
export function createXdsClient(options: XdsClientOptions): XdsClient {
  const aggregated = options.variant === "ads" || options.variant === "delta-ads";
  const streams = new Map<string, ClientStream>();
  const streamFor = (typeUrl: string): ClientStream => {
    const key = aggregated ? "" : typeUrl;
    let stream = streams.get(key);
    if (stream === undefined) {
      stream = new ClientStream(options, aggregated ? undefined : typeUrl);
      streams.set(key, stream);
    }
    return stream;
  };
  return {
    get connected() {
      return streams.size > 0 && [...streams.values()].every((stream) => stream.connected);
    },
    subscribe(typeUrl, names, handler, subscriptionOptions = {}) {
      const stream = streamFor(typeUrl);
      const subscription = new TypeSubscription(typeUrl, names, handler, subscriptionOptions);
      stream.add(subscription);
      return {
        setNames(wanted) {
          if (subscription.setNames(wanted)) stream.changed(subscription);
        },
        close() {
          subscription.close();
          stream.remove(subscription);
        },
      };
    },
    async close() {
      await Promise.all([...streams.values()].map((stream) => stream.close()));
    },
  };
}
