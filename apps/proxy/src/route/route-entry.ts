import type { Counter, HeaderMap, Histogram, MatchedRoute } from "@sluice/extension-api";
import type { FormatContext } from "../formatter/format-context.ts";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import type { PerFilterConfigs, RoutePerFilter } from "../http-filter/filter-chain-config.ts";
import type { ConnectConfig } from "./connect-config.ts";
import { applyHeaderMutations, type HeaderMutations } from "./header-mutations.ts";
import type { InternalRedirectPolicy } from "./internal-redirect-policy.ts";
import type { MirrorPolicy } from "./mirror-policy.ts";
import { PairedRouteStats } from "./paired-route-stats.ts";
import type { RetryConfig } from "./retry-policy.ts";
import { type HostRewriter, replaceAuthority } from "./rewrite-host.ts";
import type { PathRewriter } from "./rewrite-path.ts";
import type { RoutePayload } from "./route-payload.ts";
import type { RoutePolicies } from "./route-policies.ts";

/** `vhost.<host>.route.<stat_prefix>.`, Envoy's names. */
export interface RouteStats {
  readonly upstreamRqTotal: Counter;
  readonly upstreamRqCompleted: Counter;
  readonly upstreamRqRetry: Counter;
  readonly upstreamRqRetrySuccess: Counter;
  readonly upstreamRqRetryLimitExceeded: Counter;
  readonly upstreamRqRetryOverflow: Counter;
  readonly upstreamRqTimeout: Counter;
  readonly upstreamRqTime: Histogram;
  countResponse(status: number): void;
}

/** What a forwarding route does. Times in ms. */
export interface ForwardAction {
  /** 0: none. Default 15000. */
  readonly timeoutMs: number;
  /** `undefined`: the connection manager's. */
  readonly idleTimeoutMs: number | undefined;
  /** `undefined`: the connection manager's. */
  readonly flushTimeoutMs: number | undefined;
  /** `max_stream_duration`; `undefined`: the connection manager's. */
  readonly maxStreamDurationMs: number | undefined;
  /** `max_stream_duration.grpc_timeout_header_max`: the grpc-timeout header decides, up to this; 0: no limit. */
  readonly grpcTimeoutHeaderMaxMs: number | undefined;
  readonly grpcTimeoutHeaderOffsetMs: number | undefined;
  /** `max_stream_duration` is there at all: `timeout` does not hold then. */
  readonly streamDurationSet: boolean;
  /** Deprecated `max_grpc_timeout` and `grpc_timeout_offset`. */
  readonly maxGrpcTimeoutMs: number | undefined;
  readonly grpcTimeoutOffsetMs: number;
  readonly retry: RetryConfig | undefined;
  /** A try that is late goes on beside the next one. */
  readonly hedgeOnPerTryTimeout: boolean;
  readonly mirrors: readonly MirrorPolicy[];
  readonly internalRedirect: InternalRedirectPolicy | undefined;
  readonly rewritePath: PathRewriter | undefined;
  readonly rewriteHost: HostRewriter | undefined;
  /** The endpoint's name becomes the authority. */
  readonly autoHostRewrite: boolean;
  readonly appendXForwardedHost: boolean;
  readonly highPriority: boolean;
  readonly clusterNotFoundStatus: number;
  readonly includeAttemptCount: boolean;
  readonly includeAttemptCountInResponse: boolean;
  /** x-envoy-is-timeout-retry is sent with retries. */
  readonly includeIsTimeoutRetry: boolean;
  /** Bytes of the request's body that are kept for retries; `undefined`: as many as the connection may buffer. */
  readonly bodyBytesMax: number | undefined;
  /** By upgrade type in lower case; absent: the connection manager decides. */
  readonly upgrades: ReadonlyMap<string, boolean>;
  readonly connect: ConnectConfig | undefined;
}

export type RouteAction =
  | { readonly kind: "forward"; readonly forward: ForwardAction }
  | {
      readonly kind: "direct";
      readonly status: number;
      /** `undefined`: text/plain. */
      readonly contentType: string | undefined;
      body(context: FormatContext): string;
      /** `undefined`: none. */
      readonly location: ((headers: HeaderMap, context: FormatContext) => string) | undefined;
    }
  | {
      readonly kind: "redirect";
      readonly status: number;
      /** Applied to the request before the location is made of it. */
      readonly rewritePath: PathRewriter | undefined;
      location(headers: HeaderMap, context: FormatContext): string;
    };

/** A route as a stream uses it: its cluster is chosen. */
export class RouteEntry implements MatchedRoute, RoutePerFilter {
  readonly name: string;
  readonly virtualHostName: string;
  readonly clusterName: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly typedMetadata: MatchedRoute["typedMetadata"];
  readonly virtualHostMetadata: Readonly<Record<string, unknown>> | undefined;
  readonly levels: readonly PerFilterConfigs[];
  readonly action: RouteAction;
  readonly stats: RouteStats | undefined;
  readonly policies: RoutePolicies;
  /** Of the weighted cluster: ahead of all others, and of its host. */
  readonly weightedMutations: HeaderMutations | undefined;
  /** In the order in which they apply. */
  readonly requestMutations: readonly HeaderMutations[];
  readonly responseMutations: readonly HeaderMutations[];
  readonly origin: RouteOrigin | undefined;
  private pairs: Map<RouteStats, RouteStats> | undefined = undefined;

  constructor(init: RouteEntryInit) {
    this.name = init.name;
    this.virtualHostName = init.virtualHostName;
    this.clusterName = init.clusterName;
    this.metadata = init.metadata;
    this.typedMetadata = init.typedMetadata;
    this.virtualHostMetadata = init.virtualHostMetadata;
    this.levels = init.levels;
    this.action = init.action;
    this.stats = init.stats;
    this.policies = init.policies;
    this.weightedMutations = init.weightedMutations;
    this.requestMutations = init.requestMutations;
    this.responseMutations = init.responseMutations;
    this.origin = init.origin;
  }

  get corsPolicies(): readonly unknown[] {
    return this.policies.cors;
  }

  /** What counts a request: the route's figures, those of its virtual cluster, both or none. */
  statsFor(cluster: RouteStats | undefined): RouteStats | undefined {
    const { stats } = this;
    if (stats === undefined || cluster === undefined) return stats ?? cluster;
    this.pairs ??= new Map();
    let pair = this.pairs.get(cluster);
    if (pair === undefined) {
      pair = new PairedRouteStats(stats, cluster);
      this.pairs.set(cluster, pair);
    }
    return pair;
  }

  /** Whether it may add headers to a request. */
  get editsRequests(): boolean {
    return this.requestMutations.length > 0 || this.weightedMutations !== undefined;
  }

  withCluster(clusterName: string): RouteEntry {
    return new RouteEntry({ ...this, clusterName });
  }

  /**
   * What the route does to a request that is forwarded: header mutations, then the host, then the path. `keepOriginals`: the
   * old ones go into x-envoy-original-host and -path. `connectPort` goes back to a host without a port, ahead of its being replaced.
   */
  finalizeRequest(
    headers: HeaderMap,
    context: FormatContext,
    keepOriginals: boolean,
    connectPort?: number,
  ): void {
    const { action, policies, weightedMutations } = this;
    if (weightedMutations !== undefined) applyHeaderMutations(weightedMutations, headers, context);
    if (policies.weightedHost !== "") headers.set(":authority", policies.weightedHost);
    for (const mutations of this.requestMutations) applyHeaderMutations(mutations, headers, context);
    if (connectPort !== undefined) restorePort(headers, connectPort);
    if (action.kind !== "forward") return;
    const { rewriteHost, rewritePath, appendXForwardedHost } = action.forward;
    if (rewriteHost !== undefined) {
      const host = rewriteHost(headers, context);
      if (host !== "") replaceAuthority(headers, host, appendXForwardedHost, keepOriginals);
    }
    if (rewritePath !== undefined) replacePath(headers, rewritePath, context, keepOriginals);
  }

  /** What it does to a 1xx response: headers are taken off, none is added. */
  finalizeInterim(headers: HeaderMap): void {
    for (const { removals } of this.responseMutations) for (const name of removals) headers.remove(name);
  }

  finalizeResponse(headers: HeaderMap, context: FormatContext): void {
    for (const mutations of this.responseMutations) applyHeaderMutations(mutations, headers, context);
  }
}

function restorePort(headers: HeaderMap, port: number): void {
  const host = headers.get(":authority") ?? "";
  if (!/:\d+$/.test(host)) headers.set(":authority", `${host}:${port}`);
}

/** Rewrites `:path`; `keepOriginal`: the old one goes into x-envoy-original-path. */
export function replacePath(
  headers: HeaderMap,
  rewrite: PathRewriter,
  context: FormatContext,
  keepOriginal: boolean,
): void {
  // A CONNECT has none.
  const target = headers.get(":path") ?? "";
  const rewritten = rewrite(target, context);
  if (rewritten === undefined) return;
  if (keepOriginal) headers.set(EnvoyHeader.originalPath, target);
  headers.set(":path", rewritten);
}

/** What an entry was resolved from. */
export interface RouteOrigin {
  /** Set once it is compiled. */
  payload: RoutePayload | undefined;
  /** Index of the weighted cluster; -1: none. */
  readonly part: number;
}

export interface RouteEntryInit {
  readonly name: string;
  readonly virtualHostName: string;
  readonly clusterName: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly typedMetadata?: MatchedRoute["typedMetadata"];
  readonly virtualHostMetadata?: Readonly<Record<string, unknown>> | undefined;
  readonly levels: readonly PerFilterConfigs[];
  readonly action: RouteAction;
  readonly stats: RouteStats | undefined;
  readonly policies: RoutePolicies;
  readonly weightedMutations: HeaderMutations | undefined;
  readonly requestMutations: readonly HeaderMutations[];
  readonly responseMutations: readonly HeaderMutations[];
  /** Undefined: its cluster is never chosen anew. */
  readonly origin?: RouteOrigin | undefined;
}
