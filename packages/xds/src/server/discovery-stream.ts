import { Code, ConnectError } from "@connectrpc/connect";
import type { Node } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { Status } from "../../gen/google/rpc/status_pb.js";
import type {
  AuthenticatedNode,
  NodeIdentity,
  Snapshot,
  SnapshotSource,
  SnapshotType,
  XdsServerObserver,
  XdsStreamInfo,
} from "../snapshot-source.ts";
import { TYPE_URLS } from "../type-urls.ts";
import { requireOwnId } from "./authenticated-node.ts";
import { nodeIdentity } from "./node-identity.ts";
import { CLUSTER_USERS, REFERRERS, sendRank } from "./send-order.ts";
import type { TypeStatus } from "./stream-status.ts";
import { TypeState } from "./type-state.ts";
import type { TypeStream } from "./type-stream.ts";

const TYPES_MAX = 64;
const NAMES_LENGTH_MAX = 8 * 1024 * 1024;
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
  /** Whose certificate the peer came with, if any. */
  readonly authenticated?: AuthenticatedNode | undefined;
  /** The only type of the stream; undefined on ADS. */
  readonly typeUrl: string | undefined;
  readonly source: SnapshotSource;
  readonly observer: XdsServerObserver;
  /** How long listeners and routes wait for a client to acknowledge the clusters before them. */
  readonly holdMs: number;
  readonly createTypeStream: (typeUrl: string, node: NodeIdentity) => TypeStream<Request, Response>;
  /**
   * Asked once the node is known: milliseconds until the first response may go. Throws what the stream must be ended with.
   */
  readonly admit?: (info: XdsStreamInfo) => number;
}

/**
 * One xDS stream, without its transport: `receive` takes requests, `responses` yields what to send, made only when the
 * transport asks for it, from the newest snapshot. So a slow reader costs one response per type, however much changes.
 */
export class DiscoveryStream<Request extends AnyDiscoveryRequest, Response> {
  info: XdsStreamInfo | undefined;
  private readonly options: DiscoveryStreamOptions<Request, Response>;
  private readonly types = new Map<string, TypeState<Request, Response>>();
  private inOrder: readonly TypeState<Request, Response>[] = [];
  private snapshot: Snapshot | undefined;
  private isTold = false;
  private lastNonce = 0;
  private quietUntilMs = 0;
  private wake: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private timerAtMs = Number.POSITIVE_INFINITY;
  private ended: { readonly error: ConnectError | undefined } | undefined;

  constructor(options: DiscoveryStreamOptions<Request, Response>) {
    this.options = options;
  }

  /** Throws what the stream must be ended with. */
  receive(request: Request): void {
    const info = this.info ?? this.open(request.node);
    const typeUrl = this.typeOf(request);
    const known = this.types.get(typeUrl);
    const state = known ?? this.addType(typeUrl, info.node);
    // A nonce from an earlier stream comes with the first request of a client that reconnects.
    const isStale =
      known !== undefined && request.responseNonce !== "" && request.responseNonce !== state.nonce;
    if (isStale && !this.isDelta) return;
    if (!isStale && request.responseNonce !== "") {
      state.acknowledge(info, this.options.observer, request.errorDetail);
    }
    state.stream.update(request, known === undefined, this.sectionOf(typeUrl));
    let namesLength = 0;
    for (const { stream } of this.inOrder) namesLength += stream.namesLength;
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

  /** The stream is over, and the observer is told if it knows of it. */
  closed(reason: string): void {
    if (this.isTold && this.info !== undefined) this.options.observer.onStreamClosed(this.info, reason);
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

  /** What the node was sent of each type, and what it said to it. */
  status(): TypeStatus[] {
    return this.inOrder.map((state) => state.status(this.sectionOf(state.stream.typeUrl)));
  }

  private get isDelta(): boolean {
    return this.options.variant === "delta" || this.options.variant === "delta-ads";
  }

  private sectionOf(typeUrl: string): SnapshotType {
    return this.snapshot?.types.get(typeUrl) ?? EMPTY;
  }

  private open(node: Node | undefined): XdsStreamInfo {
    const { authenticated } = this.options;
    const identity = nodeIdentity(node, authenticated);
    if (identity === undefined) {
      throw new ConnectError(
        "the first request of a stream must carry a node with an id",
        Code.InvalidArgument,
      );
    }
    if (authenticated !== undefined) requireOwnId(authenticated, identity.id);
    const { id, variant, peer, admit } = this.options;
    const info = { id, variant, peer, node: identity };
    this.quietUntilMs = performance.now() + (admit?.(info) ?? 0);
    this.info = info;
    if (performance.now() >= this.quietUntilMs) this.tell(info);
    this.snapshot = this.options.source.snapshotFor(identity);
    return info;
  }

  /** One that connects again and again is not worth telling of before it may be sent something. */
  private tell(info: XdsStreamInfo): void {
    if (this.isTold) return;
    this.isTold = true;
    this.options.observer.onStreamOpened(info);
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

  private addType(typeUrl: string, node: NodeIdentity): TypeState<Request, Response> {
    if (this.types.size >= TYPES_MAX) {
      throw new ConnectError(`more than ${TYPES_MAX} types on one stream`, Code.ResourceExhausted);
    }
    const state = new TypeState(this.options.createTypeStream(typeUrl, node));
    this.types.set(typeUrl, state);
    this.inOrder = [...this.types.values()].sort(
      (a, b) => sendRank(a.stream.typeUrl) - sendRank(b.stream.typeUrl),
    );
    return state;
  }

  /** The next response, if one is due now. */
  private next(): Response | undefined {
    const { info, snapshot } = this;
    if (info === undefined || snapshot === undefined) return undefined;
    const nowMs = performance.now();
    if (nowMs < this.quietUntilMs) {
      this.signalAt(this.quietUntilMs);
      return undefined;
    }
    this.tell(info);
    for (const state of this.inOrder) {
      const next = this.nextOf(state, info, nowMs);
      if (next !== undefined) return next;
    }
    return undefined;
  }

  private nextOf(
    state: TypeState<Request, Response>,
    info: XdsStreamInfo,
    nowMs: number,
  ): Response | undefined {
    const { stream } = state;
    const { observer } = this.options;
    const { typeUrl } = stream;
    if (state.inFlight !== undefined || this.isHeld(typeUrl, nowMs)) return undefined;
    if (nowMs < state.notBeforeMs) {
      this.signalAt(state.notBeforeMs);
      return undefined;
    }
    const section = this.sectionOf(typeUrl);
    const retain = this.mustRetain(typeUrl);
    if (stream.isDue(section, retain)) {
      const outgoing = stream.respond(section, this.nextNonce(state), retain);
      state.sent(section, false);
      const names = outgoing.resources.map(({ name }) => name);
      observer.onSent(info, typeUrl, outgoing.version, names, outgoing.removed);
      return outgoing.response;
    }
    if (state.isNews(section)) observer.onUnchanged?.(info, typeUrl, section.version);
    const beatAtMs = stream.beatAt(section);
    if (beatAtMs === undefined) return undefined;
    if (beatAtMs > nowMs) {
      this.signalAt(beatAtMs);
      return undefined;
    }
    const response = stream.beat(section, this.nextNonce(state));
    state.sent(section, true);
    return response;
  }

  private nextNonce(state: TypeState<Request, Response>): string {
    state.nonce = String(++this.lastNonce);
    return state.nonce;
  }

  /** Envoy acknowledges clusters once they are warm; a client that never does holds the others up for `holdMs` only. */
  private isHeld(typeUrl: string, nowMs: number): boolean {
    if (!CLUSTER_USERS.includes(typeUrl)) return false;
    let untilMs = 0;
    for (const before of [TYPE_URLS.cluster, TYPE_URLS.endpoint]) {
      const sinceMs = this.types.get(before)?.inFlight?.sinceMs;
      if (sinceMs !== undefined) untilMs = Math.max(untilMs, sinceMs + this.options.holdMs);
    }
    if (untilMs > nowMs) this.signalAt(untilMs);
    return untilMs > nowMs;
  }

  /** While something that may refer to a type is not yet replaced (or was refused), nothing of the type is removed. */
  private mustRetain(typeUrl: string): boolean {
    return (REFERRERS.get(typeUrl) ?? []).some((referrer) => {
      const state = this.types.get(referrer);
      if (state === undefined) return false;
      return (
        state.inFlight !== undefined ||
        state.refusal !== undefined ||
        state.stream.isDue(this.sectionOf(referrer), false)
      );
    });
  }

  private signalAt(atMs: number): void {
    if (atMs >= this.timerAtMs || this.ended !== undefined) return;
    clearTimeout(this.timer);
    this.timerAtMs = atMs;
    this.timer = setTimeout(
      () => {
        this.timerAtMs = Number.POSITIVE_INFINITY;
        this.signal();
      },
      Math.max(0, Math.ceil(atMs - performance.now())),
    );
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
