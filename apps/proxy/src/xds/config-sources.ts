import type { Socket } from "node:net";
import type { Log } from "@sluice/extension-api";
import {
  createFileClient,
  createRestClient,
  createXdsClient,
  type XdsClient,
  type XdsClientOptions,
  type XdsConnectTarget,
  type XdsSubscription,
  type XdsSubscriptionOptions,
  type XdsUpdateHandler,
} from "@sluice/xds/client";
import type { Node } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import {
  type ApiConfigSource,
  ApiConfigSource_ApiType,
  type ConfigSource,
} from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { GrpcService } from "@sluice/xds/gen/envoy/config/core/v3/grpc_service_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import type { GrpcHost, ResolveCluster } from "../grpc/grpc-stream.ts";
import { connectForStream, type OwnCall } from "../grpc/own-connection.ts";
import { clusterOf, isFile, sourceKey } from "./config-source.ts";
import type { ControlPlanes } from "./control-planes.ts";

export interface ConfigSourcesOptions {
  readonly node: Node;
  /** The bootstrap's `ads_config`; without it a subscription to ADS hears nothing. */
  readonly ads: ApiConfigSource | undefined;
  readonly resolve: ResolveCluster;
  readonly controlPlanes: ControlPlanes;
  readonly random: () => number;
  readonly log: Log;
}

/** Envoy's defaults. */
const REQUEST_TIMEOUT_MS = 1000;
const TOKENS_MAX = 100;
const TOKENS_PER_SECOND = 10;

interface OpenClient {
  readonly client: XdsClient;
  subscriptions: number;
}

/** Everywhere that configuration comes from: ADS, streams and polls of their own, files. */
export class ConfigSources {
  readonly #options: ConfigSourcesOptions;
  readonly #clients = new Map<string, OpenClient>();
  #filesOpened = 0;

  constructor(options: ConfigSourcesOptions) {
    this.#options = options;
  }

  /** At most one subscription per type and source that is not a file. */
  subscribe(
    source: ConfigSource,
    typeUrl: string,
    names: readonly string[] | "*",
    handler: XdsUpdateHandler,
    options: XdsSubscriptionOptions,
  ): XdsSubscription {
    const key = this.#clientKey(source);
    const open = this.#clients.get(key) ?? { client: this.#create(source), subscriptions: 0 };
    this.#clients.set(key, open);
    open.subscriptions++;
    const initialFetchTimeoutMs = durationMs(source.initialFetchTimeout, 15_000);
    const subscription = open.client.subscribe(typeUrl, names, handler, {
      initialFetchTimeoutMs,
      ...options,
    });
    let closed = false;
    return {
      setNames: (wanted) => subscription.setNames(wanted),
      close: () => {
        if (closed) return;
        closed = true;
        subscription.close();
        open.subscriptions--;
        // The aggregated stream stays: it is the node's connection to its control plane.
        if (open.subscriptions > 0 || key === "") return;
        this.#clients.delete(key);
        void open.client.close();
      },
    };
  }

  get connected(): boolean {
    return this.#clients.size > 0 && [...this.#clients.values()].every(({ client }) => client.connected);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map(({ client }) => client.close()));
    this.#clients.clear();
  }

  /** A file is read for one subscription. */
  #clientKey(source: ConfigSource): string {
    return isFile(source) ? `file ${this.#filesOpened++}` : sourceKey(source);
  }

  #create(source: ConfigSource): XdsClient {
    const specifier = source.configSourceSpecifier;
    switch (specifier.case) {
      case "path":
        return createFileClient({ path: specifier.value, watchedDirectory: "" });
      case "pathConfigSource": {
        const { path, watchedDirectory } = specifier.value;
        return createFileClient({ path, watchedDirectory: watchedDirectory?.path ?? "" });
      }
      case "apiConfigSource":
        return this.#createApi(specifier.value, sourceKey(source));
      default: {
        const { ads } = this.#options;
        return ads === undefined ? SILENT : this.#createApi(ads, "");
      }
    }
  }

  /** `key`: of the source; "": the aggregated stream. */
  #createApi(api: ApiConfigSource, key: string): XdsClient {
    const { node, random, controlPlanes, log } = this.#options;
    const aggregated = key === "";
    const cluster = clusterOf(api);
    if (api.apiType === ApiConfigSource_ApiType.REST) {
      return createRestClient({
        target: () => this.#target(cluster, cluster, (host) => connectForStream(host.open("http1"))),
        node,
        refreshDelayMs: durationMs(api.refreshDelay, 0),
        requestTimeoutMs: durationMs(api.requestTimeout, REQUEST_TIMEOUT_MS),
        random,
      });
    }
    const service = api.grpcServices[0];
    const envoyGrpc =
      service?.targetSpecifier.case === "envoyGrpc" ? service.targetSpecifier.value : undefined;
    const named = envoyGrpc?.authority ?? "";
    // 0: as many as there are.
    const messageBytesMax = envoyGrpc?.maxReceiveMessageLength ?? 0;
    const delta = api.apiType === ApiConfigSource_ApiType.DELTA_GRPC;
    const limits = api.rateLimitSettings;
    /** Streams of which nothing has been heard yet. */
    const silent: OwnCall[] = [];
    return createXdsClient({
      target: () =>
        this.#target(cluster, named, (host) => connectForStream(host.open(), (call) => silent.push(call))),
      node,
      variant: aggregated ? (delta ? "delta-ads" : "ads") : delta ? "delta" : "sotw",
      setNodeOnFirstMessageOnly: api.setNodeOnFirstMessageOnly,
      metadata: Object.fromEntries((service?.initialMetadata ?? []).map(({ key, value }) => [key, value])),
      random,
      ...backoffOf(service),
      ...(messageBytesMax === 0 ? {} : { messageBytesMax }),
      ...(limits === undefined
        ? {}
        : {
            rateLimit: {
              tokensMax: limits.maxTokens ?? TOKENS_MAX,
              perSecond: limits.fillRate ?? TOKENS_PER_SECOND,
            },
          }),
      onControlPlane: (identifier) => controlPlanes.identified(key, identifier),
      onRateLimited: () => controlPlanes.rateLimited(key),
      onState: (state) => {
        controlPlanes.connected(key, state.connected);
        const call = silent.shift();
        if (state.connected) call?.answered(200);
        if (state.connected) log.info(`connected to the control plane '${cluster}'`);
        else log.warn(`no connection to the control plane '${cluster}': ${state.detail}`);
      },
    });
  }

  #target(
    cluster: string,
    authority: string,
    connect: (host: GrpcHost) => Socket,
  ): XdsConnectTarget | undefined {
    const host = this.#options.resolve(cluster);
    if (host === undefined) return undefined;
    return {
      authority: authority === "" ? host.address : authority,
      secure: host.secure,
      connect: () => connect(host),
    };
  }
}

/** `retry_policy.retry_back_off` of the service; Envoy's 500 ms to 30 s where it is not set. */
function backoffOf(service: GrpcService | undefined): Pick<XdsClientOptions, "backoff"> {
  const target = service?.targetSpecifier;
  const strategy = target?.case === "envoyGrpc" ? target.value.retryPolicy?.retryBackOff : undefined;
  if (strategy === undefined) return {};
  const baseMs = durationMs(strategy.baseInterval, 500);
  return { backoff: { baseMs, maxMs: durationMs(strategy.maxInterval, baseMs * 10) } };
}

/** ADS that the bootstrap does not have. */
const SILENT: XdsClient = {
  connected: false,
  subscribe: () => ({ setNames: () => {}, close: () => {} }),
  close: () => Promise.resolve(),
};
