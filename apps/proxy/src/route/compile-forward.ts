import { type Compiled, gatherProblems, type Problem } from "@sluice/extension-api";
import { RoutingPriority } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type {
  Route,
  RouteAction as RouteActionConfig,
  VirtualHost,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { durationMs } from "../cluster/duration-ms.ts";
import type { ExtensionRegistry } from "../extensions/extension-registry.ts";
import { compilePathRewrite } from "./compile-path-rewrite.ts";
import { compileRetryPolicy } from "./compile-retry-policy.ts";
import { compileConnectConfig } from "./connect-config.ts";
import { compileInternalRedirect } from "./internal-redirect-policy.ts";
import { compileMirrorPolicies } from "./mirror-policy.ts";
import type { RetryConfig } from "./retry-policy.ts";
import { compileHostRewrite } from "./rewrite-host.ts";
import type { ForwardAction, RouteAction } from "./route-entry.ts";

const DEFAULT_TIMEOUT_MS = 15_000;
const NOT_FOUND_STATUS: readonly number[] = [503, 404, 500];

/** Where a route stands, from the inside out. */
export interface RouteSurroundings {
  readonly route: Route;
  readonly host: VirtualHost;
  readonly table: RouteConfiguration;
  readonly extensions: ExtensionRegistry;
}

/** `Route.route`: what is done to a request that is forwarded. The more specific level's policy wins as a whole. */
export function compileForward(
  { route, host, table, extensions }: RouteSurroundings,
  config: RouteActionConfig,
  path: string,
): Compiled<RouteAction> {
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const hostPath = path.replace(/\.routes\[\d+\](\.route)?$/, "");
  const retry: Compiled<RetryConfig | undefined> =
    config.retryPolicy !== undefined
      ? compileRetryPolicy(config.retryPolicy, `${path}.retry_policy`, extensions)
      : host.retryPolicy !== undefined
        ? compileRetryPolicy(host.retryPolicy, `${hostPath}.retry_policy`, extensions)
        : { ok: true, value: undefined };
  const mirrors = take(
    config.requestMirrorPolicies.length > 0
      ? compileMirrorPolicies(config.requestMirrorPolicies, `${path}.request_mirror_policies`)
      : host.requestMirrorPolicies.length > 0
        ? compileMirrorPolicies(host.requestMirrorPolicies, `${hostPath}.request_mirror_policies`)
        : compileMirrorPolicies(table.requestMirrorPolicies, "request_mirror_policies"),
  );
  const auto = config.hostRewriteSpecifier;
  const stream = config.maxStreamDuration;
  const forward: ForwardAction = {
    timeoutMs: durationMs(config.timeout, DEFAULT_TIMEOUT_MS),
    idleTimeoutMs: durationMs(config.idleTimeout, undefined),
    flushTimeoutMs: durationMs(config.flushTimeout, undefined),
    maxStreamDurationMs: durationMs(stream?.maxStreamDuration, undefined),
    grpcTimeoutHeaderMaxMs: durationMs(stream?.grpcTimeoutHeaderMax, undefined),
    grpcTimeoutHeaderOffsetMs: durationMs(stream?.grpcTimeoutHeaderOffset, undefined),
    streamDurationSet: stream !== undefined,
    maxGrpcTimeoutMs: durationMs(config.maxGrpcTimeout, undefined),
    grpcTimeoutOffsetMs: durationMs(config.grpcTimeoutOffset, 0),
    retry: take(retry),
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
    upgrades: new Map(
      config.upgradeConfigs.map((one) => [one.upgradeType.toLowerCase(), one.enabled ?? true] as const),
    ),
    connect: take(compileConnectConfig(config.upgradeConfigs, `${path}.upgrade_configs`)),
  };
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { kind: "forward", forward } };
}

/** How much of a request's body is kept for retries; `undefined`: as much as the connection may buffer. */
function bodyLimit(route: Route, host: VirtualHost): number | undefined {
  const own = route.requestBodyBufferLimit ?? route.perRequestBufferLimitBytes;
  const limit = own ?? host.requestBodyBufferLimit ?? host.perRequestBufferLimitBytes;
  return limit === undefined ? undefined : Number(limit);
}
