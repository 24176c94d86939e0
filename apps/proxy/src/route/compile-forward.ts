import { type Compiled, gatherProblems } from "@sluice/extension-api";
import { RoutingPriority } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type {
  Route,
  RouteAction as RouteActionConfig,
  VirtualHost,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { wholeDurationMs } from "../config-message/duration-ms.ts";
import { durationProblems } from "../config-message/duration-problems.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import { compilePathRewrite } from "./compile-path-rewrite.ts";
import { compileRetryPolicy } from "./compile-retry-policy.ts";
import { compileConnectConfig, compileUpgrades } from "./connect-config.ts";
import { compileInternalRedirect } from "./internal-redirect-policy.ts";
import { compileMirrorPolicies, type MirrorPolicy } from "./mirror-policy.ts";
import type { RetryConfig } from "./retry-policy.ts";
import { compileHostRewrite } from "./rewrite-host.ts";
import type { ForwardAction, RouteAction } from "./route-entry.ts";

const DEFAULT_TIMEOUT_MS = 15_000;
const NOT_FOUND_STATUS: readonly number[] = [503, 404, 500];

/** Where a route stands, from the inside out. */
export interface RouteSurroundings {
  readonly route: Route;
  readonly host: VirtualHost;
  /** What the virtual host has for routes without their own. */
  readonly hostRetry: RetryConfig | undefined;
  readonly hostMirrors: readonly MirrorPolicy[];
  readonly extensions: ExtensionRegistry;
}

/** `Route.route`: what is done to a request that is forwarded. The more specific level's policy wins as a whole. */
export function compileForward(
  { route, host, hostRetry, hostMirrors, extensions }: RouteSurroundings,
  config: RouteActionConfig,
  path: string,
): Compiled<RouteAction> {
  const stream = config.maxStreamDuration;
  const problems = durationProblems(
    {
      timeout: config.timeout,
      idle_timeout: config.idleTimeout,
      flush_timeout: config.flushTimeout,
      max_grpc_timeout: config.maxGrpcTimeout,
      grpc_timeout_offset: config.grpcTimeoutOffset,
      "max_stream_duration.max_stream_duration": stream?.maxStreamDuration,
      "max_stream_duration.grpc_timeout_header_max": stream?.grpcTimeoutHeaderMax,
      "max_stream_duration.grpc_timeout_header_offset": stream?.grpcTimeoutHeaderOffset,
    },
    path,
  );
  const take = gatherProblems(problems);
  const retry =
    config.retryPolicy === undefined
      ? hostRetry
      : take(compileRetryPolicy(config.retryPolicy, `${path}.retry_policy`, extensions));
  const mirrors =
    config.requestMirrorPolicies.length === 0
      ? hostMirrors
      : take(compileMirrorPolicies(config.requestMirrorPolicies, `${path}.request_mirror_policies`));
  const auto = config.hostRewriteSpecifier;
  const forward: ForwardAction = {
    timeoutMs: wholeDurationMs(config.timeout, DEFAULT_TIMEOUT_MS),
    idleTimeoutMs: wholeDurationMs(config.idleTimeout, undefined),
    flushTimeoutMs: wholeDurationMs(config.flushTimeout, undefined),
    maxStreamDurationMs: wholeDurationMs(stream?.maxStreamDuration, undefined),
    grpcTimeoutHeaderMaxMs: wholeDurationMs(stream?.grpcTimeoutHeaderMax, undefined),
    grpcTimeoutHeaderOffsetMs: wholeDurationMs(stream?.grpcTimeoutHeaderOffset, undefined),
    streamDurationSet: stream !== undefined,
    maxGrpcTimeoutMs: wholeDurationMs(config.maxGrpcTimeout, undefined),
    grpcTimeoutOffsetMs: wholeDurationMs(config.grpcTimeoutOffset, 0),
    retry,
    hedgeOnPerTryTimeout: (config.hedgePolicy ?? host.hedgePolicy)?.hedgeOnPerTryTimeout ?? false,
    mirrors: mirrors ?? [],
    internalRedirect: take(compileInternalRedirect(config, route.name, path, extensions)),
    rewritePath: take(compilePathRewrite(route, config, path)),
    rewriteHost: take(compileHostRewrite(config.hostRewriteSpecifier, path)),
    autoHostRewrite: auto.case === "autoHostRewrite" && (auto.value.value ?? false),
    appendXForwardedHost: config.appendXForwardedHost,
    highPriority: config.priority === RoutingPriority.HIGH,
    clusterNotFoundStatus: NOT_FOUND_STATUS[config.clusterNotFoundResponseCode] ?? 503,
    includeAttemptCount: host.includeRequestAttemptCount,
    includeAttemptCountInResponse: host.includeAttemptCountInResponse,
    includeIsTimeoutRetry: host.includeIsTimeoutRetryHeader,
    bodyBytesMax: bodyLimit(route, host),
    upgrades: take(compileUpgrades(config.upgradeConfigs, `${path}.upgrade_configs`)) ?? new Map(),
    connect: take(compileConnectConfig(config.upgradeConfigs, `${path}.upgrade_configs`)),
  };
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { kind: "forward", forward } };
}

/**
 * How much of a request's body is kept for retries; `undefined`: as much as the connection may buffer. The older field says nothing
 * where either level has the newer one.
 */
function bodyLimit(route: Route, host: VirtualHost): number | undefined {
  const limit = route.requestBodyBufferLimit ?? host.requestBodyBufferLimit;
  const older = route.perRequestBufferLimitBytes ?? host.perRequestBufferLimitBytes;
  return limit === undefined ? older : Number(limit);
}
