import type { DescMethod } from "@bufbuild/protobuf";
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { DISCOVERY_SERVICES, isDelta, isSotw } from "../discovery-services.ts";
import { pause } from "../pause.ts";
import { type GrpcTransport, onOwnSession } from "./open-session.ts";
import { RequestBucket } from "./request-bucket.ts";
import type { TypeSubscription } from "./type-subscription.ts";
import type { XdsClientOptions } from "./xds-client.ts";

type Call<Request, Response> = (
  requests: AsyncIterable<Request>,
  options: { readonly signal: AbortSignal; readonly headers: Record<string, string> },
) => AsyncIterable<Response>;

const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;

/** One xDS stream that is opened again whenever it ends: of all types (ADS), or of one. */
export class ClientStream {
  connected = false;
  private readonly options: XdsClientOptions;
  /** Undefined: aggregated. */
  private readonly onlyType: string | undefined;
  private readonly subscriptions = new Map<string, TypeSubscription>();
  /** Types that have something to say, in the order in which it came up. */
  private readonly dirty = new Set<TypeSubscription>();
  private wake: (() => void) | undefined;
  private readonly handling = new Map<TypeSubscription, Promise<void>>();
  private readonly closing = new AbortController();
  private running: Promise<void> | undefined;
  private attempts = 0;
  private readonly bucket: RequestBucket | undefined;

  constructor(options: XdsClientOptions, onlyType: string | undefined) {
    this.options = options;
    this.onlyType = onlyType;
    this.bucket = options.rateLimit === undefined ? undefined : new RequestBucket(options.rateLimit);
  }

  add(subscription: TypeSubscription): void {
    this.subscriptions.set(subscription.typeUrl, subscription);
    this.changed(subscription);
    this.running ??= this.run();
  }

  remove(subscription: TypeSubscription): void {
    if (this.subscriptions.get(subscription.typeUrl) === subscription)
      this.subscriptions.delete(subscription.typeUrl);
    this.changed(subscription);
  }

  /** It has something to tell the server. */
  changed(subscription: TypeSubscription): void {
    this.dirty.add(subscription);
    this.wake?.();
  }

  async close(): Promise<void> {
    this.closing.abort();
    for (const subscription of this.subscriptions.values()) subscription.close();
    this.wake?.();
    await this.running;
  }

  private get isDelta(): boolean {
    return this.options.variant === "delta" || this.options.variant === "delta-ads";
  }

  private async run(): Promise<void> {
    while (!this.closing.signal.aborted) {
      const detail = await this.runOnce();
      this.connected = false;
      if (this.closing.signal.aborted) return;
      for (const subscription of this.subscriptions.values()) subscription.onStreamFailure(detail);
      const { baseMs, maxMs } = this.options.backoff ?? { baseMs: 500, maxMs: 30_000 };
      const retryInMs = Math.round(this.options.random() * Math.min(maxMs, baseMs * 2 ** this.attempts));
      this.attempts = Math.min(this.attempts + 1, 30);
      this.options.onState?.({ connected: false, detail, retryInMs });
      await pause(retryInMs, this.closing.signal);
    }
  }

  /** One stream from its first request to its end; answers why it ended. */
  private async runOnce(): Promise<string> {
    const target = this.options.target();
    if (target === undefined) return "the management server's address is not known";
    const { keepalive, messageBytesMax = MESSAGE_BYTES_MAX } = this.options;
    const own = {
      target,
      keepalive,
      messageBytesMax: Math.min(MESSAGE_BYTES_MAX, messageBytesMax),
      closing: this.closing.signal,
    };
    try {
      await onOwnSession(own, (transport, signal) => this.stream(transport, signal));
      return "the server ended the stream";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  private async stream(transport: GrpcTransport, signal: AbortSignal): Promise<void> {
    for (const subscription of this.subscriptions.values()) {
      subscription.resetStream();
      this.dirty.add(subscription);
    }
    const callOptions = { signal, headers: { ...this.options.metadata } };
    if (this.isDelta) {
      const responses = deltaCall(transport, this.onlyType)(
        this.requests(signal, (subscription, node) => subscription.deltaRequest(node)),
        callOptions,
      );
      for await (const response of responses) await this.take(response, (each) => each.onDelta(response));
    } else {
      const responses = sotwCall(transport, this.onlyType)(
        this.requests(signal, (subscription, node) => subscription.sotwRequest(node)),
        callOptions,
      );
      for await (const response of responses) await this.take(response, (each) => each.onSotw(response));
    }
  }

  /**
   * Responses of one type are handled one after the other. Those of other types go on meanwhile: a listener may wait for
   * clusters that wait for their endpoints, and a server may send these in any order.
   */
  private async take(
    { typeUrl, controlPlane }: Pick<DiscoveryResponse, "typeUrl" | "controlPlane">,
    hand: (subscription: TypeSubscription) => Promise<void>,
  ): Promise<void> {
    if (!this.connected) {
      this.connected = true;
      this.options.onState?.({ connected: true });
    }
    if (controlPlane !== undefined) this.options.onControlPlane?.(controlPlane.identifier);
    this.attempts = 0;
    const subscription = this.subscriptions.get(this.onlyType ?? typeUrl);
    if (subscription === undefined) return;
    await this.handling.get(subscription);
    const handled = hand(subscription).then(() => {
      this.handling.delete(subscription);
      this.changed(subscription);
    });
    this.handling.set(subscription, handled);
  }

  private async *requests<Request>(
    signal: AbortSignal,
    make: (subscription: TypeSubscription, node: XdsClientOptions["node"] | undefined) => Request | undefined,
  ): AsyncGenerator<Request> {
    let first = true;
    const stop = (): void => this.wake?.();
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted) {
        const [subscription] = this.dirty;
        if (subscription === undefined) {
          await new Promise<void>((resolve) => {
            this.wake = resolve;
          });
          continue;
        }
        this.dirty.delete(subscription);
        const withNode = first || this.options.setNodeOnFirstMessageOnly !== true;
        const request = make(subscription, withNode ? this.options.node : undefined);
        if (request === undefined) continue;
        first = false;
        await this.respectLimit(signal);
        yield request;
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  private async respectLimit(signal: AbortSignal): Promise<void> {
    let waitMs = this.bucket?.take(performance.now()) ?? 0;
    if (waitMs > 0) this.options.onRateLimited?.();
    while (waitMs > 0 && !signal.aborted) {
      await pause(waitMs, signal);
      waitMs = this.bucket?.take(performance.now()) ?? 0;
    }
  }
}

function sotwCall(
  transport: GrpcTransport,
  onlyType: string | undefined,
): Call<DiscoveryRequest, DiscoveryResponse> {
  const method = methodsFor(onlyType).find(isSotw);
  if (method === undefined) throw new Error(`${onlyType} has no state-of-the-world service of its own`);
  return async function* (requests, { signal, headers }) {
    const response = await transport.stream(method, signal, undefined, headers, requests);
    yield* response.message;
  };
}

function deltaCall(
  transport: GrpcTransport,
  onlyType: string | undefined,
): Call<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
  const method = methodsFor(onlyType).find(isDelta);
  if (method === undefined) throw new Error(`${onlyType} has no delta service of its own`);
  return async function* (requests, { signal, headers }) {
    const response = await transport.stream(method, signal, undefined, headers, requests);
    yield* response.message;
  };
}

function methodsFor(onlyType: string | undefined): readonly DescMethod[] {
  return DISCOVERY_SERVICES.find(({ typeUrl }) => typeUrl === onlyType)?.service.methods ?? [];
}
