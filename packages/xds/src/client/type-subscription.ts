import { create } from "@bufbuild/protobuf";
import type { Node } from "../../gen/envoy/config/core/v3/base_pb.js";
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  type DiscoveryRequest,
  DiscoveryRequestSchema,
  type DiscoveryResponse,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { WHOLE_SET_TYPES, WILDCARD } from "../type-urls.ts";
import { unwrapResource, wrongType } from "./unwrap-resource.ts";
import type { XdsSubscriptionOptions, XdsUpdate, XdsUpdateHandler } from "./xds-client.ts";

const INITIAL_FETCH_TIMEOUT_MS = 15_000;
/** google.rpc.Code INVALID_ARGUMENT, as Envoy's NACKs carry. */
const INVALID_ARGUMENT = 3;
const REFUSAL_LENGTH_MAX = 16 * 1024;

/** What is to be said about the last response. */
interface Verdict {
  readonly nonce: string;
  readonly refusal: string | undefined;
}

/** One type: what is wanted, what is held, and what must be said next. Lives on over streams. */
export class TypeSubscription {
  readonly typeUrl: string;
  private readonly handler: XdsUpdateHandler;
  private readonly callbacks: XdsSubscriptionOptions;
  private names: ReadonlySet<string> | undefined;
  /** Names that the server was told of on this stream. */
  private told = new Set<string>();
  /** What the client has: name → version. */
  private readonly held = new Map<string, string>();
  private acceptedVersion = "";
  private nonce = "";
  private firstOnStream = true;
  private verdict: Verdict | undefined;
  private closed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    typeUrl: string,
    names: readonly string[] | "*",
    handler: XdsUpdateHandler,
    options: XdsSubscriptionOptions,
  ) {
    this.typeUrl = typeUrl;
    this.handler = handler;
    this.callbacks = options;
    this.names = names === "*" ? undefined : new Set(names);
    const timeoutMs = options.initialFetchTimeoutMs ?? INITIAL_FETCH_TIMEOUT_MS;
    options.onAttempt?.();
    if (timeoutMs > 0) this.timer = setTimeout(() => options.onInitialFetchTimeout?.(), timeoutMs);
  }

  /** False: nothing changes. */
  setNames(names: readonly string[]): boolean {
    if (this.names === undefined) throw new Error("a wildcard subscription has no names");
    const wanted = new Set(names);
    if (wanted.size === this.names.size && names.every((name) => this.names?.has(name))) return false;
    for (const name of this.held.keys()) if (!wanted.has(name)) this.held.delete(name);
    this.names = wanted;
    return true;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /** A new stream knows nothing: everything is said anew. */
  resetStream(): void {
    this.told = new Set();
    this.nonce = "";
    this.firstOnStream = true;
    this.verdict = undefined;
  }

  /** The state-of-the-world request that says what has not been said yet; undefined when there is nothing to say. */
  sotwRequest(node: Node | undefined): DiscoveryRequest | undefined {
    const names = this.closed ? [] : this.requestedNames();
    // No names would mean all of them.
    if (this.firstOnStream && names.length === 0 && (this.closed || this.names !== undefined))
      return undefined;
    const request = create(DiscoveryRequestSchema, {
      versionInfo: this.acceptedVersion,
      resourceNames: names,
      typeUrl: this.typeUrl,
      responseNonce: this.verdict?.nonce ?? this.nonce,
    });
    if (node !== undefined) request.node = node;
    if (this.verdict?.refusal !== undefined) request.errorDetail = refusalStatus(this.verdict.refusal);
    this.verdict = undefined;
    this.firstOnStream = false;
    this.told = new Set(names);
    return request;
  }

  /** As `sotwRequest`, incremental. */
  deltaRequest(node: Node | undefined): DeltaDiscoveryRequest | undefined {
    const names = new Set(this.closed ? [] : this.requestedNames());
    if (this.firstOnStream && names.size === 0 && (this.closed || this.names !== undefined)) return undefined;
    const subscribe = [...names].filter((name) => !this.told.has(name));
    const unsubscribe = [...this.told].filter((name) => !names.has(name));
    if (this.closed && this.names === undefined) unsubscribe.push(WILDCARD);
    if (
      !this.firstOnStream &&
      this.verdict === undefined &&
      subscribe.length === 0 &&
      unsubscribe.length === 0
    ) {
      return undefined;
    }
    const request = create(DeltaDiscoveryRequestSchema, {
      typeUrl: this.typeUrl,
      resourceNamesSubscribe: subscribe,
      resourceNamesUnsubscribe: unsubscribe,
      initialResourceVersions: this.firstOnStream ? Object.fromEntries(this.held) : {},
      responseNonce: this.verdict?.nonce ?? "",
    });
    if (node !== undefined) request.node = node;
    if (this.verdict?.refusal !== undefined) request.errorDetail = refusalStatus(this.verdict.refusal);
    this.verdict = undefined;
    this.firstOnStream = false;
    this.told = names;
    return request;
  }

  /** Takes a response in; what it came to is in the next request. */
  async onSotw(response: DiscoveryResponse): Promise<void> {
    this.nonce = response.nonce;
    const full = WHOLE_SET_TYPES.has(this.typeUrl);
    let update: XdsUpdate;
    try {
      const updated = response.resources.map((any) =>
        unwrapResource(any, this.typeUrl, response.versionInfo),
      );
      const present = new Set(updated.map(({ name }) => name));
      const removed = full ? [...this.held.keys()].filter((name) => !present.has(name)) : [];
      update = { version: response.versionInfo, updated, removed, full };
    } catch (error) {
      return this.refuse(response.nonce, wordsOf(error));
    }
    await this.hand(update, response.nonce);
  }

  async onDelta(response: DeltaDiscoveryResponse): Promise<void> {
    this.nonce = response.nonce;
    const updated: { name: string; version: string; value: Uint8Array }[] = [];
    const removed = [...response.removedResources];
    for (const { name, version, resource } of response.resources) {
      if (resource === undefined) continue;
      if (resource.typeUrl !== this.typeUrl) {
        return this.refuse(response.nonce, wrongType(resource.typeUrl, this.typeUrl));
      }
      updated.push({ name, version, value: resource.value });
    }
    await this.hand({ version: response.systemVersionInfo, updated, removed, full: false }, response.nonce);
  }

  /** The stream ended. */
  onStreamFailure(message: string): void {
    if (this.closed) return;
    this.callbacks.onFailure?.(message);
    this.callbacks.onAttempt?.();
  }

  private refuse(nonce: string, refusal: string): void {
    this.verdict = { nonce, refusal };
    this.callbacks.onRejected?.(refusal);
    this.callbacks.onAttempt?.();
  }

  private requestedNames(): string[] {
    if (this.names !== undefined) return [...this.names];
    return WHOLE_SET_TYPES.has(this.typeUrl) ? [] : [WILDCARD];
  }

  private async hand(response: XdsUpdate, nonce: string): Promise<void> {
    if (this.closed) return;
    clearTimeout(this.timer);
    // The server may have sent it before it heard that a name is not wanted any more.
    const { names } = this;
    const wanted = ({ name }: { readonly name: string }): boolean => names === undefined || names.has(name);
    const update = { ...response, updated: response.updated.filter(wanted) };
    const isForNobody =
      response.updated.length > 0 && update.updated.length === 0 && update.removed.length === 0;
    let refusal: string | undefined;
    if (!isForNobody) {
      try {
        refusal = await this.handler(update);
      } catch (error) {
        refusal = `internal error: ${wordsOf(error)}`;
      }
      if (refusal !== undefined) this.callbacks.onRejected?.(refusal);
      this.callbacks.onAttempt?.();
    }
    if (refusal === undefined) {
      this.acceptedVersion = update.version;
      for (const name of update.removed) this.held.delete(name);
      for (const { name, version } of update.updated) {
        if (this.names === undefined || this.names.has(name)) this.held.set(name, version);
      }
    }
    // The stream may be another one by now; then the verdict is for nobody.
    if (this.nonce === nonce) this.verdict = { nonce, refusal };
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function refusalStatus(refusal: string) {
  return {
    $typeName: "google.rpc.Status" as const,
    code: INVALID_ARGUMENT,
    message: refusal.slice(0, REFUSAL_LENGTH_MAX),
    details: [],
  };
}
