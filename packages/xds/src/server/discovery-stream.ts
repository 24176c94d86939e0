import { Code, ConnectError } from "@connectrpc/connect";
import type { Node } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { Status } from "../../gen/google/rpc/status_pb.js";
import type {
  Snapshot,
  SnapshotSource,
  SnapshotType,
  XdsServerObserver,
  XdsStreamInfo,
} from "../snapshot-source.ts";
import { TYPE_URLS } from "../type-urls.ts";
import { nodeIdentity } from "./node-identity.ts";
import type { TypeStream } from "./type-stream.ts";

/**
 * What a stream sends first when several types are due: what others refer to before what refers to it, so that nothing is
 * used before it is there (xDS protocol, "Eventual consistency considerations").
 */
const SEND_ORDER: readonly string[] = [
  TYPE_URLS.cluster,
  TYPE_URLS.endpoint,
  TYPE_URLS.secret,
  TYPE_URLS.listener,
  TYPE_URLS.scopedRoute,
  TYPE_URLS.route,
  TYPE_URLS.virtualHost,
];

/** These refer to clusters: they wait for the ACK of a cluster update, and removed clusters wait for theirs. */
const CLUSTER_USERS: readonly string[] = [
  TYPE_URLS.listener,
  TYPE_URLS.scopedRoute,
  TYPE_URLS.route,
  TYPE_URLS.virtualHost,
  TYPE_URLS.extensionConfig,
];

const TYPES_MAX = 64;
const NAMES_LENGTH_MAX = 8 * 1024 * 1024;
const REFUSAL_LENGTH_MAX = 16 * 1024;
const EMPTY: SnapshotType = { version: "0", resources: new Map() };

/** The parts that both discovery requests have. */
export interface AnyDiscoveryRequest {
  readonly typeUrl: string;
  readonly node?: Node | undefined;
  readonly responseNonce: string;
  readonly errorDetail?: Status | undefined;
}

export interface DiscoveryStreamOptions<Request, Response> {
  readonly id: number;
  readonly variant: XdsStreamInfo["variant"];
  readonly peer: string;
  /** The only type of the stream; undefined on ADS. */
  readonly typeUrl: string | undefined;
  readonly source: SnapshotSource;
  readonly observer: XdsServerObserver;
  /** How long listeners and routes wait for a client to acknowledge the clusters before them. */
  readonly holdMs: number;
  readonly createTypeStream: (typeUrl: string) => TypeStream<Request, Response>;
}

interface TypeState<Request, Response> {
  readonly stream: TypeStream<Request, Response>;
  /** Nonce of the last response, "" before it. */
  nonce: string;
  /** The last response is not answered yet: nothing more of this type until it is. */
  inFlight: { readonly version: string; readonly since: number } | undefined;
  refused: boolean;
  /** The version that the observer was last told of. */
  toldVersion: string;
}

/**
 * One xDS stream, without its transport: `receive` takes requests, `responses` yields what to send, made only when the
 * transport asks for it, from the newest snapshot. So a slow reader costs one response per type, however much changes.
 */
export class DiscoveryStream<Request extends AnyDiscoveryRequest, Response> {
  info: XdsStreamInfo | undefined;
  private readonly options: DiscoveryStreamOptions<Request, Response>;
  private readonly types = new Map<string, TypeState<Request, Response>>();
  private snapshot: Snapshot | undefined;
  private lastNonce = 0;
  private wake: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private ended: { readonly error: ConnectError | undefined } | undefined;

  constructor(options: DiscoveryStreamOptions<Request, Response>) {
    this.options = options;
  }

  /** Throws what the stream must be ended with. */
  receive(request: Request): void {
    const info = this.info ?? this.open(request.node);
    const typeUrl = this.typeOf(request);
    let state = this.types.get(typeUrl);
    const first = state === undefined;
    if (state === undefined) {
      if (this.types.size >= TYPES_MAX) {
        throw new ConnectError(`more than ${TYPES_MAX} types on one stream`, Code.ResourceExhausted);
      }
      const stream = this.options.createTypeStream(typeUrl);
      state = { stream, nonce: "", inFlight: undefined, refused: false, toldVersion: "" };
      this.types.set(typeUrl, state);
    }
    // A nonce from an earlier stream comes with the first request of a client that reconnects.
    const isStale = !first && request.responseNonce !== "" && request.responseNonce !== state.nonce;
    if (isStale && !this.isDelta) return;
    if (!isStale && request.responseNonce !== "") this.acknowledge(info, state, request);
    state.stream.update(request, first);
    let namesLength = 0;
    for (const { stream } of this.types.values()) namesLength += stream.namesLength;
    if (namesLength > NAMES_LENGTH_MAX)
      throw new ConnectError("too many resource names", Code.ResourceExhausted);
    this.signal();
  }

  /** The configuration of this stream's node may have changed. */
  refresh(): void {
    if (this.info === undefined) return;
    this.snapshot = this.options.source.snapshotFor(this.info.node);
    this.signal();
  }

  /** Ends `responses`: quietly, or with an error for the client. */
  end(error?: ConnectError): void {
    this.ended ??= { error };
    this.signal();
  }

  async *responses(): AsyncGenerator<Response> {
    while (this.ended === undefined) {
      const next = this.next();
      if (next !== undefined) yield next;
      else await this.untilSignal();
    }
    if (this.ended.error !== undefined) throw this.ended.error;
  }

  private get isDelta(): boolean {
    return this.options.variant === "delta" || this.options.variant === "delta-ads";
  }

  private open(node: Node | undefined): XdsStreamInfo {
    const identity = nodeIdentity(node);
    if (identity === undefined) {
      throw new ConnectError(
        "the first request of a stream must carry a node with an id",
        Code.InvalidArgument,
      );
    }
    const { id, variant, peer, observer } = this.options;
    this.info = { id, variant, peer, node: identity };
    observer.onStreamOpened(this.info);
    this.snapshot = this.options.source.snapshotFor(identity);
    return this.info;
  }

  private typeOf({ typeUrl }: Request): string {
    const only = this.options.typeUrl;
    if (only !== undefined && typeUrl !== "" && typeUrl !== only) {
      throw new ConnectError(`this service has ${only} only, not ${typeUrl}`, Code.InvalidArgument);
    }
    const found = only ?? typeUrl;
    if (found === "") throw new ConnectError("type_url is missing", Code.InvalidArgument);
    return found;
  }

  private acknowledge(info: XdsStreamInfo, state: TypeState<Request, Response>, request: Request): void {
    const { inFlight, stream } = state;
    // Later requests repeat the nonce to change the subscription; only the first answers the response.
    if (inFlight === undefined) return;
    state.inFlight = undefined;
    state.refused = request.errorDetail !== undefined;
    const { observer } = this.options;
    if (request.errorDetail === undefined) observer.onAck(info, stream.typeUrl, inFlight.version);
    else {
      const words = request.errorDetail.message.slice(0, REFUSAL_LENGTH_MAX);
      observer.onNack(info, stream.typeUrl, inFlight.version, words || "(no reason given)");
    }
  }

  /** The next response, if one is due now. */
  private next(): Response | undefined {
    const { info, snapshot } = this;
    if (info === undefined || snapshot === undefined) return undefined;
    for (const [typeUrl, state] of this.typesInOrder()) {
      if (state.inFlight !== undefined || this.isHeld(typeUrl)) continue;
      const section = snapshot.types.get(typeUrl) ?? EMPTY;
      const retain = typeUrl === TYPE_URLS.cluster && this.mustRetainClusters(snapshot);
      if (!state.stream.isDue(section, retain)) {
        this.tellUnchanged(info, state, section.version);
        continue;
      }
      const nonce = String(++this.lastNonce);
      const outgoing = state.stream.respond(section, nonce, retain);
      state.nonce = nonce;
      state.inFlight = { version: section.version, since: performance.now() };
      state.toldVersion = section.version;
      this.options.observer.onSent(info, typeUrl, outgoing.version, outgoing.names, outgoing.removed);
      return outgoing.response;
    }
    return undefined;
  }

  private tellUnchanged(info: XdsStreamInfo, state: TypeState<Request, Response>, version: string): void {
    if (state.toldVersion === "" || state.toldVersion === version) return;
    state.toldVersion = version;
    this.options.observer.onUnchanged?.(info, state.stream.typeUrl, version);
  }

  private typesInOrder(): [string, TypeState<Request, Response>][] {
    const rank = (typeUrl: string): number => {
      const found = SEND_ORDER.indexOf(typeUrl);
      return found < 0 ? SEND_ORDER.length : found;
    };
    return [...this.types].sort(([a], [b]) => rank(a) - rank(b));
  }

  /** Envoy acknowledges clusters once they are warm; a client that never does holds the others up for `holdMs` only. */
  private isHeld(typeUrl: string): boolean {
    if (!CLUSTER_USERS.includes(typeUrl)) return false;
    let waitMs = 0;
    for (const before of [TYPE_URLS.cluster, TYPE_URLS.endpoint]) {
      const since = this.types.get(before)?.inFlight?.since;
      if (since !== undefined) waitMs = Math.max(waitMs, since + this.options.holdMs - performance.now());
    }
    if (waitMs > 0) this.signalAfter(waitMs);
    return waitMs > 0;
  }

  /** While something that may refer to a cluster is not yet replaced (or was refused), clusters are only added. */
  private mustRetainClusters(snapshot: Snapshot): boolean {
    return CLUSTER_USERS.some((typeUrl) => {
      const state = this.types.get(typeUrl);
      if (state === undefined) return false;
      return (
        state.inFlight !== undefined ||
        state.refused ||
        state.stream.isDue(snapshot.types.get(typeUrl) ?? EMPTY, false)
      );
    });
  }

  private signalAfter(delayMs: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.signal();
    }, Math.ceil(delayMs));
  }

  private signal(): void {
    if (this.ended !== undefined) clearTimeout(this.timer);
    this.wake?.();
    this.wake = undefined;
  }

  private untilSignal(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}
