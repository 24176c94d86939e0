import { parentPort, workerData } from "node:worker_threads";
import { fromBinary } from "@bufbuild/protobuf";
import { TypedExtensionConfigSchema } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import { RouteConfigurationSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { TracingSchema } from "@sluice/xds/gen/envoy/config/trace/v3/http_tracer_pb.js";
import { ScopedRouteConfigurationsListSchema } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { SecretSchema } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { createAccessLoggerFactory } from "../../access-log/create-access-logger-factory.ts";
import { useThreadFacts } from "../../cel/thread-facts.ts";
import { compileCheckedPolicies } from "../../cluster/cluster-policies.ts";
import { WorkerClusterManager } from "../../cluster/worker-cluster-manager.ts";
import { WorkerDescriptors } from "../../descriptor/worker-descriptors.ts";
import { systemClock, systemRandom, systemTimers } from "../../event/system-time.ts";
import { standardExtensions } from "../../extensions/standard.ts";
import { compileListener } from "../../filter-chain/compile-listener.ts";
import { TelemetryOutbox } from "../../grpc/telemetry-outbox.ts";
import { useEnvoyHeaderPrefix } from "../../http/envoy-headers.ts";
import { useInlineHeaders } from "../../http/inline-headers.ts";
import { upstreamFilterCompiler } from "../../http-filter/compile-filter-chain.ts";
import { AcceptGate } from "../../listener/accept-gate.ts";
import { WorkerListeners } from "../../listener/worker-listeners.ts";
import { countSheds } from "../../overload/count-sheds.ts";
import { SharedOverloadState } from "../../overload/overload-state.ts";
import { highMemoryStreams, startOverloadActions, WorkerOverload } from "../../overload/worker-overload.ts";
import { RuntimeSnapshot } from "../../runtime/runtime-snapshot.ts";
import { SecretStore } from "../../secret/secret-store.ts";
import { ThreadStats } from "../../stats/thread-stats.ts";
import { createTracerFactory } from "../../tracing/create-tracer-factory.ts";
import { drainHost } from "../../upstream/host-pools.ts";
import { endHostSessions } from "../../upstream/host-sessions.ts";
import { beat } from "../../watchdog/heartbeats.ts";
import { DiscoveredMessages } from "../../worker/discovered-messages.ts";
import { SharedDrainState } from "../../worker/shared-drain-state.ts";
import { SharedSlots } from "../../worker/shared-slots.ts";
import type { WorkerContext } from "../../worker/worker-context.ts";
import { OnDemandRequests } from "../../xds/on-demand-requests.ts";
import { VERSION_NUMBER } from "../version.ts";
import { type ProfileKind, Profiler } from "./profiler.ts";
import { WorkerLog } from "./worker-log.ts";
import type { WorkerCommand, WorkerInit, WorkerReport, WorkerRequest } from "./worker-messages.ts";

const port = parentPort;
if (port === null) throw new Error("worker-main runs only as a worker thread");
const init = asInit(workerData);
useEnvoyHeaderPrefix(init.headerPrefix);
useInlineHeaders(init.inlineHeaders);
const report = (message: WorkerReport): void => port.postMessage(message);

const stats = new ThreadStats({
  define: (definitions) => report({ type: "stats", definitions }),
  release: (release) => report({ type: "stats-released", release }),
});
const runtime = new RuntimeSnapshot();
const log = new WorkerLog(report, init.logLevel);
const outbox = new TelemetryOutbox(report, systemTimers);
const profiler = new Profiler(`worker_${init.workerIndex}`);
const extensions = standardExtensions();
const secrets = new SecretStore(init.ticketSeed);
const overload = new SharedOverloadState(init.overloadState, systemRandom, countSheds(stats.root()));
startOverloadActions(init.overload, overload, systemTimers, (init.workerIndex + 1) / (init.concurrency + 1));
const highMemory = highMemoryStreams(init.overload, stats.root());
const clusters = new WorkerClusterManager({
  overload,
  stats: stats.root(),
  random: systemRandom,
  clock: systemClock,
  timers: systemTimers,
  runtime,
  extensions,
  secrets,
  log,
  workerIndex: init.workerIndex,
  localInfo: init.localInfo,
  localCluster: init.localCluster,
  compilePolicies: (encoded, scope, onClose) =>
    compileCheckedPolicies(encoded, { extensions, filters: upstreamFilterCompiler(context) }, scope, onClose),
  onOutlierSign: (cluster, host, detection) => report({ type: "outlier-sign", cluster, host, detection }),
  onHealthCheckFail: (cluster, host) => report({ type: "health-check-fail", cluster, host }),
  onLoadMetrics: (cluster, metrics) => report({ type: "load-metrics", cluster, metrics }),
  onHostsRemoved: (hosts) => hosts.forEach(drainHost),
  onHostsFailed: (hosts) => hosts.forEach(endHostSessions),
});
useThreadFacts({ node: init.node, clusters });
const routeConfigs = new DiscoveredMessages(RouteConfigurationSchema);
const scopes = new DiscoveredMessages(ScopedRouteConfigurationsListSchema);
const extensionConfigs = new DiscoveredMessages(TypedExtensionConfigSchema);
const onDemand = new OnDemandRequests((id, want) => report({ type: "want", id, want }));
const accessLoggers = createAccessLoggerFactory({
  stats: stats.root(),
  clock: systemClock,
  random: systemRandom,
  runtime,
  timers: systemTimers,
  outbox,
  log,
  flushIntervalMs: init.accessLogFlushMs,
});
const context: WorkerContext = {
  workerIndex: init.workerIndex,
  concurrency: init.concurrency,
  stats: stats.root(),
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  runtime,
  log,
  localInfo: init.localInfo,
  clusters,
  routeConfigs,
  scopes,
  extensionConfigs,
  onDemand,
  accessLoggers,
  tracers: createTracerFactory({
    stats: stats.root(),
    random: systemRandom,
    outbox,
    localInfo: init.localInfo,
    version: VERSION_NUMBER,
    provider: fromBinary(TracingSchema, init.tracing).http,
  }),
  drain: new SharedDrainState(init.drainState),
  overload,
  highMemory,
  shared: new SharedSlots(init.sharedSlots, init.workerIndex, init.concurrency),
  extensions,
  secrets,
};
const gate = new AcceptGate();
const onDrained = (listenerId: number): void => report({ type: "drained", listenerId });
const descriptors = new WorkerDescriptors();
const listeners = new WorkerListeners(context, compileListener, onDrained, gate, descriptors, init.drain);
const workerOverload = new WorkerOverload(overload, systemTimers, gate, highMemory);
workerOverload.apply();

type Outcome = { readonly problems: readonly string[]; readonly ports: Readonly<Record<string, number>> };
const DONE: Outcome = { problems: [], ports: {} };

function apply(command: WorkerCommand): Outcome | Promise<Outcome> {
  switch (command.type) {
    case "cluster":
      clusters.set(command.config, command.breakers, command.hosts, command.policy, command.drops);
      return DONE;
    case "hosts":
      clusters.setHosts(command.cluster, command.hosts, command.policy);
      return DONE;
    case "remove-cluster":
      clusters.remove(command.cluster);
      return DONE;
    case "route":
      routeConfigs.set(command.name, command.bytes);
      return DONE;
    case "remove-route":
      routeConfigs.forget(command.name);
      return DONE;
    case "scopes":
      scopes.set(command.source, command.bytes);
      return DONE;
    case "remove-scopes":
      scopes.forget(command.source);
      return DONE;
    case "extension-config":
      extensionConfigs.set(command.key, command.bytes);
      return DONE;
    case "remove-extension-config":
      extensionConfigs.forget(command.key);
      return DONE;
    case "wanted":
      onDemand.settle(command.id, command.outcome);
      return DONE;
    case "secret":
      secrets.set(command.key, fromBinary(SecretSchema, command.bytes));
      return DONE;
    case "remove-secret":
      secrets.remove(command.key);
      return DONE;
    case "descriptor-channel":
      descriptors.connect(command.peer, command.fd);
      return DONE;
    case "listener":
      return listeners.set(command.spec);
    case "remove-listener":
      listeners.remove(command.name);
      return DONE;
    case "close-listener":
      listeners.close(command.id, command.kept);
      return DONE;
    case "drain-listeners":
      listeners.drain(command.names);
      return DONE;
    case "stop-listeners":
      listeners.stop(command.names);
      return DONE;
    case "end-listeners":
      listeners.end();
      return DONE;
    case "runtime":
      runtime.replace(command.values);
      return DONE;
    case "overload":
      workerOverload.apply();
      return DONE;
    case "profile":
      return runProfiler(command.kind, command.action);
    case "stats-forgotten":
      stats.acknowledge(command.release);
      return DONE;
    case "log-level":
      log.setLevel(command.level);
      return DONE;
    case "reopen-logs":
      accessLoggers.reopen();
      return DONE;
    case "flush":
      accessLoggers.flush();
      outbox.flush();
      return DONE;
  }
}

async function runProfiler(kind: ProfileKind, action: string): Promise<Outcome> {
  const problems = action === "start" ? profiler.start(kind) : await profiler.stop(kind, action);
  return { problems, ports: {} };
}

let queue: Promise<void> = Promise.resolve();
port.on("message", (message: WorkerRequest) => {
  // In order, also past the commands that wait for a socket.
  queue = queue.then(async () => {
    let outcome: Outcome;
    try {
      outcome = await apply(message.command);
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      outcome = { problems: [`${message.command.type}: ${what}`], ports: {} };
    }
    stats.flushDefinitions();
    report({ type: "done", sequence: message.sequence, ...outcome });
  });
});
if (init.heartbeats !== undefined) beat(init.heartbeats, init.workerIndex + 1);
report({ type: "ready" });

/** The main thread starts workers with a WorkerInit and nothing else. */
function asInit(data: unknown): WorkerInit {
  return data as WorkerInit;
}
