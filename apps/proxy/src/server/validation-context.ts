import type { LocalInfo, Log, Runtime } from "@sluice/extension-api";
import type { Tracing_Http } from "@sluice/xds/gen/envoy/config/trace/v3/http_tracer_pb.js";
import { createAccessLoggerFactory } from "../access-log/create-access-logger-factory.ts";
import type { ClusterManager } from "../cluster/cluster-manager.ts";
import { systemClock, systemRandom, systemTimers } from "../event/system-time.ts";
import { TelemetryOutbox } from "../grpc/telemetry-outbox.ts";
import { NEVER_OVERLOADED } from "../overload/overload-state.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import { NO_SECRETS, type SecretLookup } from "../secret/secret-lookup.ts";
import { discardingStats } from "../stats/thread-stats.ts";
import { createTracerFactory } from "../tracing/create-tracer-factory.ts";
import { NOTHING_DISCOVERED } from "../worker/discovered-messages.ts";
import { SharedSlots } from "../worker/shared-slots.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import { OnDemandRequests } from "../xds/on-demand-requests.ts";
import { VERSION_NUMBER } from "./version.ts";

/** The main thread's context: configuration is compiled with it to find what is wrong, and the result thrown away. */
export function createValidationContext(given: {
  readonly concurrency: number;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly localInfo: LocalInfo;
  readonly clusters: Pick<ClusterManager, "has">;
  readonly extensions: ExtensionRegistry;
  readonly secrets?: SecretLookup;
  readonly tracingProvider?: Tracing_Http | undefined;
}): WorkerContext {
  const outbox = new TelemetryOutbox(() => {}, systemTimers);
  return {
    workerIndex: -1,
    concurrency: given.concurrency,
    stats: discardingStats(),
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    runtime: given.runtime,
    log: given.log,
    localInfo: given.localInfo,
    clusters: { get: () => undefined, has: (name) => given.clusters.has(name) },
    routeConfigs: NOTHING_DISCOVERED,
    scopes: NOTHING_DISCOVERED,
    extensionConfigs: NOTHING_DISCOVERED,
    onDemand: new OnDemandRequests(() => {}),
    accessLoggers: createAccessLoggerFactory({
      stats: discardingStats(),
      clock: systemClock,
      random: systemRandom,
      runtime: given.runtime,
      timers: systemTimers,
      outbox,
      log: given.log,
      flushIntervalMs: 1000,
    }),
    tracers: createTracerFactory({
      stats: discardingStats(),
      random: systemRandom,
      outbox,
      localInfo: given.localInfo,
      version: VERSION_NUMBER,
      provider: given.tracingProvider,
    }),
    drain: { drainClose: () => false, healthCheckFailed: false },
    overload: NEVER_OVERLOADED,
    highMemory: undefined,
    shared: new SharedSlots(SharedSlots.allocate(1), 0, 1),
    extensions: given.extensions,
    secrets: given.secrets ?? NO_SECRETS,
  };
}
