import type { Clock, LocalInfo, Log, Random, Runtime, StatsScope } from "@sluice/extension-api";
import type { TypedExtensionConfig } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import type { ScopedRouteConfigurationsList } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { AccessLoggerFactory } from "../access-log/access-logger.ts";
import type { ThreadLocalClusterManager } from "../cluster/thread-local-cluster.ts";
import type { TimerQueue } from "../event/timer-queue.ts";
import type { HighMemoryStreams } from "../overload/high-memory-streams.ts";
import type { OverloadDecision } from "../overload/overload-state.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import type { SecretLookup } from "../secret/secret-lookup.ts";
import type { TracerFactory } from "../tracing/tracer.ts";
import type { OnDemandRequests } from "../xds/on-demand-requests.ts";
import type { DiscoveredRegistry } from "./discovered-messages.ts";
import type { SharedSlots } from "./shared-slots.ts";

/**
 * What a thread gives to everything that it builds from configuration. Each worker has one; the main thread has one too,
 * whose stats go nowhere and whose clusters only answer `has`, so that validation runs the very code that will serve.
 */
export interface WorkerContext {
  /** 0-based; -1 on the main thread. */
  readonly workerIndex: number;
  /** `--concurrency`. */
  readonly concurrency: number;
  /** The root scope: Envoy's names stand below it as they are. */
  readonly stats: StatsScope;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: Random;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly localInfo: LocalInfo;
  readonly clusters: ThreadLocalClusterManager;
  /** RDS, by `routeKey`. A listener is not put into service before its route configurations have arrived. */
  readonly routeConfigs: DiscoveredRegistry<RouteConfiguration>;
  /** SRDS, by `sourceKey`: all scopes of a source. */
  readonly scopes: DiscoveredRegistry<ScopedRouteConfigurationsList>;
  /** ECDS, by `extensionKey`. */
  readonly extensionConfigs: DiscoveredRegistry<TypedExtensionConfig>;
  readonly onDemand: OnDemandRequests;
  readonly accessLoggers: AccessLoggerFactory;
  readonly tracers: TracerFactory;
  readonly drain: DrainDecision;
  readonly overload: OverloadDecision;
  /** Where the action `reset_high_memory_stream` is configured: told of what may hold much. */
  readonly highMemory: HighMemoryStreams | undefined;
  /** What the workers count together. */
  readonly shared: SharedSlots;
  /** What is built in: `standardExtensions()` (extensions/standard.ts), once per thread. */
  readonly extensions: ExtensionRegistry;
  readonly secrets: SecretLookup;
}

export interface DrainDecision {
  /** Asked once per response: is this connection to end, though its listener does not drain? */
  drainClose(): boolean;
  /** `/healthcheck/fail` was asked for. */
  readonly healthCheckFailed: boolean;
}
