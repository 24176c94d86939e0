import type { Counter, HeaderMap, Histogram, MatchedRoute } from "@sluice/extension-api";
import type { WeightedClusters } from "@sluice/matching";
import type { FormatContext } from "../access-log/access-logger.ts";
import type { PerFilterConfigs, RoutePerFilter } from "../http-filter/filter-chain-config.ts";
import { applyHeaderMutations, type HeaderMutations } from "./header-mutations.ts";
import type { RetryConfig } from "./retry-policy.ts";

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
  readonly retry: RetryConfig | undefined;
  rewritePath(path: string): string;
  readonly rewritesPath: boolean;
  readonly hostRewrite:
    | { readonly kind: "none" }
    | { readonly kind: "literal"; readonly value: string }
    | { readonly kind: "auto" }
    | { readonly kind: "header"; readonly name: string };
  readonly appendXForwardedHost: boolean;
  readonly highPriority: boolean;
  readonly clusterNotFoundStatus: number;
  readonly includeAttemptCount: boolean;
  readonly includeAttemptCountInResponse: boolean;
  /** By upgrade type in lower case; absent: the connection manager decides. */
  readonly upgrades: ReadonlyMap<string, boolean>;
}

export type RouteAction =
  | { readonly kind: "forward"; readonly forward: ForwardAction }
  | { readonly kind: "direct"; readonly status: number; readonly body: string }
  | { readonly kind: "redirect"; readonly status: number; location(headers: HeaderMap): string };

/** A route as a stream uses it: its cluster is chosen. */
export class RouteEntry implements MatchedRoute, RoutePerFilter {
  readonly name: string;
  readonly virtualHostName: string;
  readonly clusterName: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly levels: readonly PerFilterConfigs[];
  readonly action: RouteAction;
  readonly stats: RouteStats | undefined;
  /** Most specific first. */
  readonly requestMutations: readonly HeaderMutations[];
  readonly responseMutations: readonly HeaderMutations[];

  constructor(init: RouteEntryInit) {
    this.name = init.name;
    this.virtualHostName = init.virtualHostName;
    this.clusterName = init.clusterName;
    this.metadata = init.metadata;
    this.levels = init.levels;
    this.action = init.action;
    this.stats = init.stats;
    this.requestMutations = init.requestMutations;
    this.responseMutations = init.responseMutations;
  }

  withCluster(clusterName: string): RouteEntry {
    return new RouteEntry({ ...this, clusterName });
  }

  finalizeRequest(headers: HeaderMap, context: FormatContext): void {
    for (const mutations of this.requestMutations) applyHeaderMutations(mutations, headers, context);
  }

  finalizeResponse(headers: HeaderMap, context: FormatContext): void {
    for (const mutations of this.responseMutations) applyHeaderMutations(mutations, headers, context);
  }
}

export interface RouteEntryInit {
  readonly name: string;
  readonly virtualHostName: string;
  readonly clusterName: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly levels: readonly PerFilterConfigs[];
  readonly action: RouteAction;
  readonly stats: RouteStats | undefined;
  readonly requestMutations: readonly HeaderMutations[];
  readonly responseMutations: readonly HeaderMutations[];
}

/** What a route compiles to: how to get from a match to an entry. */
export type RoutePayload =
  | { readonly kind: "fixed"; readonly entry: RouteEntry }
  | { readonly kind: "clusterHeader"; readonly entry: RouteEntry; readonly header: string }
  | {
      readonly kind: "weighted";
      readonly weights: WeightedClusters;
      readonly entries: readonly RouteEntry[];
    };

export function resolveRoute(
  payload: RoutePayload,
  headers: HeaderMap,
  random: number,
): RouteEntry | undefined {
  switch (payload.kind) {
    case "fixed":
      return payload.entry;
    case "clusterHeader":
      return payload.entry.withCluster(headers.get(payload.header) ?? "");
    case "weighted":
      return payload.entries[payload.weights.pick(random, headers)];
  }
}
