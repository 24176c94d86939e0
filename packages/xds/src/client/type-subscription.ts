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
import { ResourceTtls, ttlMsOf } from "./resource-ttls.ts";
import { unwrapResource, wrongType } from "./unwrap-resource.ts";
import type { XdsResource, XdsSubscriptionOptions, XdsUpdate, XdsUpdateHandler } from "./xds-client.ts";

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
  /** Undefined: everything. */
  private names: ReadonlySet<string> | undefined;
  /** With everything: what is asked for by name besides. Undefined: never was. */
  private besides: ReadonlySet<string> | undefined;
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
  private readonly ttls = new ResourceTtls((name) => this.expire(name));
  /** Updates and expiries come one after the other. */
  private work: Promise<unknown> = Promise.resolve();

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
    const wanted = new Set(names);
    const before = this.names ?? this.besides ?? new Set();
    if (wanted.size === before.size && names.every((name) => before.has(name))) return false;
    if (this.names === undefined) {
      this.besides = wanted;
      return true;
    }
    this.names = wanted;
    for (const name of this.held.keys()) if (!this.wants(name)) this.forget(name);
    return true;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.ttls.clear();
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
    const isPointless = this.names !== undefined && this.callbacks.namespaces !== true;
    if (this.firstOnStream && names.size === 0 && (this.closed || isPointless)) return undefined;
    const subscribe = [...names].filter((name) => !this.told.has(name));
    const unsubscribe = [...this.told].filter((name) => !names.has(name));
    if (this.closed && (this.names === undefined || this.callbacks.namespaces === true))
      unsubscribe.push(WILDCARD);
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
    const updated: XdsResource[] = [];
    const lives: Lives = [];
    try {
      for (const any of response.resources) {
        const unwrapped = unwrapResource(any, this.typeUrl, response.versionInfo);
        if ("resource" in unwrapped) updated.push(unwrapped.resource);
        lives.push([
          "resource" in unwrapped ? unwrapped.resource.name : unwrapped.heartbeat,
          unwrapped.ttlMs,
        ]);
      }
    } catch (error) {
      return this.refuse(response.nonce, wordsOf(error));
    }
    // A response of heartbeats alone says nothing of what else there is.
    const isHeartbeat = updated.length === 0 && lives.length > 0;
    const present = new Set(lives.map(([name]) => name));
    const removed = full && !isHeartbeat ? [...this.held.keys()].filter((name) => !present.has(name)) : [];
    const update = { version: response.versionInfo, updated, removed, full: full && !isHeartbeat };
    await this.hand(update, response.nonce, lives);
  }

  async onDelta(response: DeltaDiscoveryResponse): Promise<void> {
    this.nonce = response.nonce;
    const updated: XdsResource[] = [];
    const unresolved: string[] = [];
    const lives: Lives = [];
    const removed = [...response.removedResources];
    for (const { name, version, resource, aliases, ttl } of response.resources) {
      const ttlMs = ttlMsOf(ttl);
      if (resource === undefined) {
        if (ttlMs === undefined) unresolved.push(name, ...aliases);
        else lives.push([name, ttlMs]);
        continue;
      }
      if (resource.typeUrl !== this.typeUrl) {
        return this.refuse(response.nonce, wrongType(resource.typeUrl, this.typeUrl));
      }
      lives.push([name, ttlMs]);
      updated.push({ name, version, value: resource.value, aliases });
    }
    const update = { version: response.systemVersionInfo, updated, removed, unresolved, full: false };
    await this.hand(update, response.nonce, lives);
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
    if (this.callbacks.namespaces === true) return this.namesBelow();
    if (this.names !== undefined) return [...this.names];
    // Once something is asked for by name, that everything is wanted must be said as well.
    if (this.besides !== undefined) return [WILDCARD, ...this.besides];
    return WHOLE_SET_TYPES.has(this.typeUrl) ? [] : [WILDCARD];
  }

  private wants(name: string): boolean {
    const { names } = this;
    return names === undefined || this.callbacks.namespaces === true || names.has(name);
  }

  /** A namespace is not asked for by its name: as Envoy, one asks for everything, and for names below it besides. */
  private namesBelow(): string[] {
    const { names } = this;
    return [...(names ?? [])].filter((name) => names?.has(name.slice(0, Math.max(0, name.lastIndexOf("/")))));
  }

  private forget(name: string): void {
    this.held.delete(name);
    this.ttls.delete(name);
  }

  private async hand(response: XdsUpdate, nonce: string, lives: Lives): Promise<void> {
    if (this.closed) return;
    clearTimeout(this.timer);
    // The server may have sent it before it heard that a name is not wanted any more.
    const updated = response.updated.filter(({ name }) => this.wants(name));
    const update = { ...response, updated };
    const isForNobody =
      (response.updated.length > 0 || lives.length > 0) &&
      updated.length === 0 &&
      update.removed.length === 0 &&
      (update.unresolved?.length ?? 0) === 0;
    let refusal: string | undefined;
    if (!isForNobody) {
      refusal = await this.inTurn(update);
      if (refusal !== undefined) this.callbacks.onRejected?.(refusal);
      this.callbacks.onAttempt?.();
    }
    if (refusal === undefined) {
      this.acceptedVersion = update.version;
      for (const name of update.removed) this.forget(name);
      for (const { name, version } of updated) if (this.wants(name)) this.held.set(name, version);
      for (const [name, ttlMs] of lives) if (this.held.has(name)) this.ttls.set(name, ttlMs);
    }
    // The stream may be another one by now; then the verdict is for nobody.
    if (this.nonce === nonce) this.verdict = { nonce, refusal };
  }

  private inTurn(update: XdsUpdate): Promise<string | undefined> {
    const result = this.work.then(() => this.handler(update)).catch(internalError);
    this.work = result;
    return result;
  }

  /** Its heartbeat did not come: it is gone as if the server had removed it. */
  private expire(name: string): void {
    this.held.delete(name);
    void this.inTurn({ version: this.acceptedVersion, updated: [], removed: [name], full: false });
  }
}

/** What a response said of how long resources live. */
type Lives = (readonly [name: string, ttlMs: number | undefined])[];

const internalError = (error: unknown): string => `internal error: ${wordsOf(error)}`;

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function refusalStatus(refusal: string) {
  return {
    $typeName: "google.rpc.Status" as const,
    code: INVALID_ARGUMENT,
    message: refusal.slice(0, REFUSAL_LENGTH_MAX),
    details: [],
  };
}
