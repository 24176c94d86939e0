import type { Compiled, Problem } from "@sluice/extension-api";
import { compileFilterChains } from "@sluice/matching";
import { TrafficDirection } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { FilterChain } from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, Listener_DrainType } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { printAddress } from "../cluster/print-address.ts";
import { durationMs } from "../config-message/duration-ms.ts";
import { durationProblems } from "../config-message/duration-problems.ts";
import { compileNetworkFilters } from "../network-filter/compile-network-filters.ts";
import type { NetworkFactoryContext } from "../network-filter/network-factory-context.ts";
import { NEVER_OVERLOADED } from "../overload/overload-state.ts";
import { sanitizeStatName } from "../stats/thread-stats.ts";
import { compileDownstreamTransportSocket } from "../transport-socket/compile-downstream-transport-socket.ts";
import { leaseContext } from "../worker/lease-context.ts";
import type { DrainDecision, WorkerContext } from "../worker/worker-context.ts";
import type { ChainPayload } from "./active-connection.ts";
import {
  ActiveListener,
  type FindChain,
  type ListenerFilterPhase,
  type ListenerRules,
} from "./active-listener.ts";
import type { ActiveListenerConfig } from "./active-listener-config.ts";
import { compileListenerFilters } from "./compile-listener-filters.ts";
import { ConnectionLimits } from "./connection-limits.ts";
import { filterChainKey } from "./in-place-update.ts";

const DEFAULT_BUFFER_LIMIT_BYTES = 1024 * 1024;
const LISTENER_FILTERS_TIMEOUT_MS = 15_000;

/** `CompileListener`: everything of a listener behind `accept`. */
export function compileListener(listener: Listener, worker: WorkerContext): Compiled<ActiveListenerConfig> {
  const modifyOnly = listener.drainType === Listener_DrainType.MODIFY_ONLY;
  const leased = leaseContext(worker);
  const context: WorkerContext = {
    ...leased.context,
    drain: modifyOnly ? withoutHealthCheck(worker.drain) : worker.drain,
    overload: listener.bypassOverloadManager ? NEVER_OVERLOADED : worker.overload,
  };
  const releases: (() => void)[] = [() => leased.release()];
  // 0: none.
  const bufferLimitBytes =
    (listener.perConnectionBufferLimitBytes ?? DEFAULT_BUFFER_LIMIT_BYTES) || Number.MAX_SAFE_INTEGER;
  const listenerStats = context.stats.scope("listener").scope(sanitizeStatName(statName(listener)));
  const { clock, timers, random, runtime, clusters, log } = context;
  const factoryContext: NetworkFactoryContext = {
    worker: context,
    listenerName: listener.name,
    listenerStats,
    bufferLimitBytes,
    outbound: listener.trafficDirection === TrafficDirection.OUTBOUND,
    onClose: (release) => releases.push(release),
    stats: context.stats,
    clock,
    timers,
    random,
    runtime,
    clusters,
    log,
  };
  const problems: Problem[] = [];
  problems.push(
    ...durationProblems(
      {
        listener_filters_timeout: listener.listenerFiltersTimeout,
        per_connection_buffer_high_watermark_timeout: listener.perConnectionBufferHighWatermarkTimeout,
      },
      "",
    ),
  );
  const filters = compileListenerFilters(listener, context.extensions, factoryContext);
  if (!filters.ok) problems.push(...filters.problems);
  const loggers = context.accessLoggers.compile(listener.accessLog, "access_log");
  if (!loggers.ok) problems.push(...loggers.problems);
  const table = compileFilterChains<ChainPayload>(listener, {
    payload: (chain, path) => compileChain(chain, path, factoryContext),
  });
  if (!table.ok) problems.push(...table.problems);
  if (listener.filterChains.length === 0 && listener.defaultFilterChain === undefined)
    problems.push({ path: "filter_chains", message: "no filter chains specified", severity: "error" });
  if (problems.length > 0 || !table.ok || !filters.ok || !loggers.ok) {
    for (const release of releases) release();
    return { ok: false, problems };
  }
  const { chains } = table.value;
  const [only] = chains;
  const find: FindChain =
    chains.length === 1 &&
    only !== undefined &&
    only.config.filterChainMatch === undefined &&
    listener.filterChainMatcher === undefined
      ? () => only.payload
      : (accepted) => table.value.find(accepted.facts())?.payload;
  const phase: ListenerFilterPhase = {
    entries: filters.value,
    timeoutMs: durationMs(listener.listenerFiltersTimeout, LISTENER_FILTERS_TIMEOUT_MS),
    continueOnTimeout: listener.continueOnListenerFiltersTimeout,
  };
  const rules: ListenerRules = {
    limits: new ConnectionLimits(listener.name, listener.ignoreGlobalConnLimit, {
      runtime,
      overload: context.overload,
      shared: context.shared,
      stats: listenerStats,
    }),
    accessLoggers: loggers.value,
    metadata: listener.metadata?.filterMetadata,
    direction: listener.trafficDirection,
    highWatermarkTimeoutMs: durationMs(listener.perConnectionBufferHighWatermarkTimeout, 0),
  };
  return { ok: true, value: new ActiveListener(find, phase, rules, releases, factoryContext) };
}

/** `MODIFY_ONLY`: failed health checks are no reason to end connections. */
function withoutHealthCheck(drain: DrainDecision): DrainDecision {
  return {
    drainClose: () => false,
    get healthCheckFailed() {
      return drain.healthCheckFailed;
    },
  };
}

/** `listener.<this>.`: `stat_prefix`, or the first address as Envoy spells it. */
function statName(listener: Listener): string {
  if (listener.statPrefix !== "") return listener.statPrefix;
  const address = listener.address?.address;
  if (address?.case === "pipe") return address.value.path;
  if (address?.case !== "socketAddress") return listener.name;
  const { portSpecifier } = address.value;
  return printAddress(address.value.address, portSpecifier.case === "portValue" ? portSpecifier.value : 0);
}

function compileChain(
  chain: FilterChain,
  path: string,
  context: NetworkFactoryContext,
): Compiled<ChainPayload> {
  const filters = compileNetworkFilters(chain.filters, `${path}.filters`, context);
  const transportSocket = compileDownstreamTransportSocket(
    chain.transportSocket,
    `${path}.transport_socket`,
    {
      worker: context.worker,
      stats: context.listenerStats,
      onClose: context.onClose,
    },
  );
  const timeout = durationProblems(
    { transport_socket_connect_timeout: chain.transportSocketConnectTimeout },
    path,
  );
  if (!filters.ok || !transportSocket.ok || timeout.length > 0) {
    const problems = [filters, transportSocket].flatMap((part) => (part.ok ? [] : part.problems));
    return { ok: false, problems: [...problems, ...timeout] };
  }
  return {
    ok: true,
    value: {
      name: chain.name,
      metadata: chain.metadata?.filterMetadata,
      key: filterChainKey(chain),
      filters: filters.value,
      transportSocket: transportSocket.value,
      handshakeTimeoutMs: durationMs(chain.transportSocketConnectTimeout, 0),
    },
  };
}
