import type { Compiled, Problem, StatsScope } from "@sluice/extension-api";
import {
  compileRouteTable,
  compileWeightedClusters,
  headerKey,
  NO_WEIGHT,
  type RouteTable,
  toBinaryString,
} from "@sluice/matching";
import {
  type WeightedCluster_ClusterWeight as ClusterWeight,
  type CorsPolicy,
  type RateLimit as RateLimitConfig,
  type Route,
  RouteSchema,
  type VirtualHost,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import type { PerFilterConfigs } from "../http-filter/filter-chain-config.ts";
import { compileHashPolicy } from "../load-balancer/hash-policy.ts";
import { metadataMatchOf } from "../load-balancer/metadata-match.ts";
import { compileRouteTracing } from "../tracing/route-tracing.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import {
  type ClusterSpecifier,
  compileClusterSpecifier,
  compileClusterSpecifiers,
} from "./cluster-specifier.ts";
import { compileOlderCors } from "./compile-older-cors.ts";
import { compilePerFilterConfigs } from "./compile-per-filter-configs.ts";
import { compileRetryPolicy } from "./compile-retry-policy.ts";
import { compileRouteAction } from "./compile-route-action.ts";
import { compileHeaderMutations, type HeaderMutations } from "./header-mutations.ts";
import { compileMirrorPolicies, type MirrorPolicy } from "./mirror-policy.ts";
import { compileRateLimits, type RateLimitPolicy } from "./rate-limit-policy.ts";
import type { RetryConfig } from "./retry-policy.ts";
import { RouteEntry, type RouteOrigin } from "./route-entry.ts";
import type { RoutePayload } from "./route-payload.ts";
import type { RoutePolicies } from "./route-policies.ts";
import { createRouteStats } from "./route-stats.ts";
import { ROUTE_SUPPORTED_FIELDS } from "./route-supported-fields.ts";
import { compileVirtualClusters, type VirtualClusters } from "./virtual-clusters.ts";

export interface RouteCompileContext {
  readonly worker: WorkerContext;
  readonly stats: StatsScope;
  /** Names of the chain's filters: per-route configuration of others is refused. */
  readonly filterNames: ReadonlySet<string> | undefined;
  /** Whether clusters that a route names must exist: inline configurations, unless `validate_clusters: false`. */
  readonly validateClusters: boolean;
  /** Takes what ends with the table. */
  readonly onClose: (release: () => void) => void;
}

interface Level {
  readonly requestMutations: HeaderMutations | undefined;
  readonly responseMutations: HeaderMutations | undefined;
  readonly filters: PerFilterConfigs | undefined;
}

/** What all routes of a virtual host share. */
interface HostParts extends Level {
  readonly retry: RetryConfig | undefined;
  /** Its own or, without any, the route configuration's. */
  readonly mirrors: readonly MirrorPolicy[];
  readonly rateLimits: RateLimitPolicy | undefined;
  readonly virtualClusters: VirtualClusters | undefined;
  /** As the CORS filter compiles it. */
  readonly cors: unknown;
}

/** One of the messages that carry header mutations and per-filter configuration. */
type LevelConfig = Pick<
  Route,
  | "requestHeadersToAdd"
  | "requestHeadersToRemove"
  | "responseHeadersToAdd"
  | "responseHeadersToRemove"
  | "typedPerFilterConfig"
>;

/** A route configuration, compiled for one worker. Every problem at once, paths from the RouteConfiguration's root. */
export function compileRouteConfiguration(
  config: RouteConfiguration,
  context: RouteCompileContext,
): Compiled<RouteTable<RoutePayload>> {
  const compiler = new Compiler(config, context);
  const table = compileRouteTable<RoutePayload>(config, {
    payload: (route, host, path, hostPath) => compiler.payload(route, host, path, hostPath),
    environment: (name) => process.env[name],
  });
  const found = [...compiler.problems, ...(table.ok ? [] : table.problems)];
  const told = new Set(found.map(({ path }) => path));
  const unsupported = refuseUnsupportedFields(RouteConfigurationSchema, config, ROUTE_SUPPORTED_FIELDS);
  const problems = [...unsupported.filter(({ path }) => !told.has(path)), ...found];
  if (problems.length > 0 || !table.ok) return { ok: false, problems };
  return table;
}

class Compiler {
  readonly problems: Problem[] = [];
  private readonly config: RouteConfiguration;
  private readonly context: RouteCompileContext;
  private readonly root: Level;
  private readonly rootMirrors: readonly MirrorPolicy[] | undefined;
  private inMatcher = false;
  private readonly specifiers: ReadonlyMap<string, ClusterSpecifier | undefined>;
  private readonly hosts = new Map<VirtualHost, HostParts>();

  constructor(config: RouteConfiguration, context: RouteCompileContext) {
    this.config = config;
    this.context = context;
    this.root = this.level(config, "");
    this.rootMirrors = this.take(
      compileMirrorPolicies(config.requestMirrorPolicies, "request_mirror_policies"),
    );
    this.specifiers =
      this.take(compileClusterSpecifiers(config.clusterSpecifierPlugins, "cluster_specifier_plugins")) ??
      new Map();
    // Also of hosts without routes, which nobody asks for.
    for (const [i, host] of config.virtualHosts.entries()) this.hostParts(host, `virtual_hosts[${i}]`);
  }

  payload(route: Route, host: VirtualHost, path: string, hostPath: string): Compiled<RoutePayload> {
    const origins: RouteOrigin[] = [];
    const payload = this.resolvable(route, host, path, hostPath, (part) => {
      const origin: RouteOrigin = { payload: undefined, part };
      origins.push(origin);
      return origin;
    });
    if (payload.ok && payload.value.kind !== "fixed")
      for (const origin of origins) origin.payload = payload.value;
    return payload;
  }

  /** `origin`: for an entry of the weighted cluster with this index, or of none (-1). */
  private resolvable(
    route: Route,
    host: VirtualHost,
    path: string,
    hostPath: string,
    origin: (part: number) => RouteOrigin,
  ): Compiled<RoutePayload> {
    // What a matcher holds is packed: the look through the whole configuration does not see it.
    this.inMatcher = path.startsWith(`${hostPath}.matcher`);
    if (this.inMatcher)
      this.problems.push(...refuseUnsupportedFields(RouteSchema, route, ROUTE_SUPPORTED_FIELDS, path));
    const hostLevel = this.hostParts(host, hostPath);
    const { retry: hostRetry, mirrors: hostMirrors } = hostLevel;
    const { extensions } = this.context.worker;
    const action = compileRouteAction(
      { route, host, hostRetry, hostMirrors, extensions },
      this.config.maxDirectResponseBodySizeBytes,
      path,
      this.context.onClose,
    );
    const levels = [this.root, hostLevel, this.level(route, path)];
    if (!action.ok) return action;
    const mirrors = action.value.kind === "forward" ? action.value.forward.mirrors : hostMirrors;
    for (const { cluster } of mirrors)
      if (cluster !== "")
        this.checkCluster(cluster, `${path}.route.request_mirror_policies`, "shadow cluster");
    const policies = this.policies(route, hostLevel, path);
    const entry = (clusterName: string | undefined): RouteEntry =>
      this.entry(route, host, action.value, clusterName, levels, undefined, policies, origin(-1));
    const specifier = route.action.case === "route" ? route.action.value.clusterSpecifier : undefined;
    switch (specifier?.case) {
      case "cluster":
        this.checkCluster(specifier.value, `${path}.route.cluster`);
        return { ok: true, value: { kind: "fixed", entry: entry(specifier.value) } };
      case "clusterHeader":
        return {
          ok: true,
          value: {
            kind: "clusterHeader",
            entry: entry(undefined),
            header: headerKey(specifier.value),
          },
        };
      case "clusterSpecifierPlugin":
        if (!this.specifiers.has(specifier.value))
          this.problem(
            `${path}.route.cluster_specifier_plugin`,
            `Unknown cluster specifier plugin name: ${specifier.value}`,
          );
        return {
          ok: true,
          value: {
            kind: "specified",
            entry: entry(undefined),
            specifier: this.specifiers.get(specifier.value),
          },
        };
      case "inlineClusterSpecifierPlugin": {
        const at = `${path}.route.inline_cluster_specifier_plugin`;
        const inline = this.take(compileClusterSpecifier(specifier.value, at));
        return { ok: true, value: { kind: "specified", entry: entry(undefined), specifier: inline } };
      }
      case "weightedClusters": {
        const at = `${path}.route.weighted_clusters`;
        const weights = compileWeightedClusters(specifier.value, at);
        if (!weights.ok) return weights;
        const { worker } = this.context;
        // Judged when it comes, as by Envoy, and not again by workers: runtime may have changed since.
        if (worker.workerIndex < 0 && weights.value.total(worker.runtime) === 0)
          this.problem(`${at}.clusters`, NO_WEIGHT);
        const entries = specifier.value.clusters.map((cluster, i) => {
          const here = `${at}.clusters[${i}]`;
          if (cluster.clusterHeader === "") this.checkCluster(cluster.name, `${here}.name`);
          const own = this.level(cluster, here);
          const ownPolicies = {
            ...policies,
            metadataMatch: metadataMatchOf(lbMetadata(route, cluster)),
            weightedHost: toBinaryString(cluster.hostRewriteSpecifier.value ?? ""),
          };
          return this.entry(route, host, action.value, cluster.name, levels, own, ownPolicies, origin(i));
        });
        const headers = specifier.value.clusters.map(({ clusterHeader }) => headerKey(clusterHeader));
        return { ok: true, value: { kind: "weighted", weights: weights.value, entries, headers } };
      }
      default:
        if (route.action.case === "route") {
          return {
            ok: false,
            problems: [
              { path: `${path}.route`, message: "a cluster specifier is required", severity: "error" },
            ],
          };
        }
        // A route for filters alone forwards to a cluster that cannot be.
        return {
          ok: true,
          value: { kind: "fixed", entry: entry(action.value.kind === "forward" ? "" : undefined) },
        };
    }
  }

  private hostParts(host: VirtualHost, path: string): HostParts {
    const known = this.hosts.get(host);
    if (known !== undefined) return known;
    const { stats, extensions } = this.context.worker;
    const mirrors =
      host.requestMirrorPolicies.length === 0
        ? this.rootMirrors
        : this.take(compileMirrorPolicies(host.requestMirrorPolicies, `${path}.request_mirror_policies`));
    const parts: HostParts = {
      ...this.level(host, path),
      rateLimits: this.rateLimits(host.rateLimits, `${path}.rate_limits`),
      virtualClusters: this.take(
        compileVirtualClusters(host.virtualClusters, `${path}.virtual_clusters`, host.name, stats),
      ),
      retry:
        host.retryPolicy &&
        this.take(compileRetryPolicy(host.retryPolicy, `${path}.retry_policy`, extensions)),
      mirrors: mirrors ?? [],
      cors: this.cors(host.cors, `${path}.cors`),
    };
    this.hosts.set(host, parts);
    return parts;
  }

  private checkCluster(name: string, path: string, what = "cluster"): void {
    // Envoy does not look for the clusters of a matcher's routes.
    if (this.inMatcher || !this.context.validateClusters || this.context.worker.clusters.has(name)) return;
    this.problem(path, `route: unknown ${what} '${name}'`);
  }

  private entry(
    route: Route,
    host: VirtualHost,
    action: RouteEntry["action"],
    clusterName: string | undefined,
    levels: readonly Level[],
    weighted: Level | undefined,
    policies: RoutePolicies,
    origin: RouteOrigin,
  ): RouteEntry {
    // Envoy applies the most specific level first, or last when the configuration says that it wins; the weighted cluster's is
    // none of them, and always the first.
    const inOrder = this.config.mostSpecificHeaderMutationsWins ? levels : [...levels].reverse();
    const all = weighted === undefined ? levels : [...levels, weighted];
    const onResponse = weighted === undefined ? inOrder : [weighted, ...inOrder];
    return new RouteEntry({
      name: route.name,
      virtualHostName: host.name,
      clusterName,
      metadata: route.metadata?.filterMetadata,
      typedMetadata: route.metadata?.typedFilterMetadata,
      virtualHostMetadata: host.metadata?.filterMetadata,
      levels: all.map(({ filters }) => filters).filter((filters) => filters !== undefined),
      action,
      stats:
        route.statPrefix === ""
          ? undefined
          : createRouteStats(this.context.worker.stats, host.name, "route", route.statPrefix),
      policies,
      weightedMutations: weighted?.requestMutations,
      requestMutations: inOrder.map((one) => one.requestMutations).filter((one) => one !== undefined),
      responseMutations: onResponse.map((one) => one.responseMutations).filter((one) => one !== undefined),
      origin,
    });
  }

  private policies(route: Route, host: HostParts, path: string): RoutePolicies {
    const forward = route.action.case === "route" ? route.action.value : undefined;
    const at = `${path}.route`;
    return {
      hashPolicy: this.take(compileHashPolicy(forward?.hashPolicy ?? [], `${at}.hash_policy`)),
      metadataMatch: metadataMatchOf(lbMetadata(route, undefined)),
      rateLimits: this.rateLimits(forward?.rateLimits ?? [], `${at}.rate_limits`),
      virtualHostRateLimits: host.rateLimits,
      weightedHost: "",
      virtualClusters: host.virtualClusters,
      tracing: this.take(compileRouteTracing(route, path)),
      cors: [this.cors(forward?.cors, `${at}.cors`), host.cors].filter((policy) => policy !== undefined),
      includeVirtualHostRateLimits: forward?.includeVhRateLimits ?? false,
    };
  }

  private cors(policy: CorsPolicy | undefined, path: string): unknown {
    return policy && this.take(compileOlderCors(policy, path, this.context));
  }

  private rateLimits(configs: readonly RateLimitConfig[], path: string): RateLimitPolicy | undefined {
    return configs.length === 0
      ? undefined
      : this.take(compileRateLimits(configs, path, this.context.worker, "route"));
  }

  private level(config: LevelConfig, path: string): Level {
    return {
      requestMutations: this.take(
        compileHeaderMutations(
          config.requestHeadersToAdd,
          config.requestHeadersToRemove,
          path,
          "request_headers",
        ),
      ),
      responseMutations: this.take(
        compileHeaderMutations(
          config.responseHeadersToAdd,
          config.responseHeadersToRemove,
          path,
          "response_headers",
        ),
      ),
      filters: this.take(
        compilePerFilterConfigs(config.typedPerFilterConfig, path, this.context, this.config.name),
      ),
    };
  }

  private problem(path: string, message: string): void {
    this.problems.push({ path, message, severity: "error" });
  }

  private take<T>(compiled: Compiled<T>): T | undefined {
    if (compiled.ok) return compiled.value;
    this.problems.push(...compiled.problems);
    return undefined;
  }
}

/** The `envoy.lb` part of the route's `metadata_match`, with the weighted cluster's fields over it. */
function lbMetadata(
  { action }: Route,
  cluster: ClusterWeight | undefined,
): Readonly<Record<string, unknown>> | undefined {
  const own = action.case === "route" ? action.value.metadataMatch?.filterMetadata["envoy.lb"] : undefined;
  const more = cluster?.metadataMatch?.filterMetadata["envoy.lb"];
  return own === undefined && more === undefined ? undefined : { ...own, ...more };
}
