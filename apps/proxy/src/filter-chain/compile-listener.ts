import type { Compiled, Problem } from "@sluice/extension-api";
import { compileFilterChains } from "@sluice/matching";
import type { FilterChain } from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { compileNetworkFilters } from "../network-filter/compile-network-filters.ts";
import type { NetworkFactoryContext } from "../network-filter/network-factory-context.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import { ActiveListener, type ChainPayload, connectionFacts, type FindChain } from "./active-listener.ts";
import type { ActiveListenerConfig } from "./active-listener-config.ts";

const DEFAULT_BUFFER_LIMIT_BYTES = 1024 * 1024;

/** `CompileListener`: everything of a listener behind `accept`. */
export function compileListener(listener: Listener, context: WorkerContext): Compiled<ActiveListenerConfig> {
  const releases: (() => void)[] = [];
  const bufferLimitBytes = listener.perConnectionBufferLimitBytes ?? DEFAULT_BUFFER_LIMIT_BYTES;
  const listenerStats = context.stats.scope("listener").scope(statName(listener));
  const { clock, timers, random, runtime, clusters, log } = context;
  const factoryContext: NetworkFactoryContext = {
    worker: context,
    listenerName: listener.name,
    listenerStats,
    bufferLimitBytes,
    onClose: (release) => releases.push(release),
    stats: context.stats,
    clock,
    timers,
    random,
    runtime,
    clusters,
    log,
  };
  const problems: Problem[] = listener.listenerFilters.map((filter, i) => ({
    path: `listener_filters[${i}]`,
    message: `${filter.name} is not implemented`,
    severity: "error" as const,
  }));
  const table = compileFilterChains<ChainPayload>(listener, {
    payload: (chain, path) => compileChain(chain, path, factoryContext),
  });
  if (!table.ok) problems.push(...table.problems);
  if (problems.length > 0 || !table.ok) {
    for (const release of releases) release();
    return { ok: false, problems };
  }
  const { chains } = table.value;
  const [only] = chains;
  const find: FindChain =
    chains.length === 1 && only !== undefined && only.config.filterChainMatch === undefined
      ? () => only.payload
      : (connection) => table.value.find(connectionFacts(connection))?.payload;
  return { ok: true, value: new ActiveListener(find, releases, factoryContext) };
}

function statName(listener: Listener): string {
  if (listener.statPrefix !== "") return listener.statPrefix;
  const address = listener.address?.address;
  if (address?.case !== "socketAddress") return listener.name;
  const { portSpecifier } = address.value;
  return `${address.value.address}_${portSpecifier.case === "portValue" ? portSpecifier.value : 0}`;
}

function compileChain(
  chain: FilterChain,
  path: string,
  context: NetworkFactoryContext,
): Compiled<ChainPayload> {
  if (chain.transportSocket !== undefined) {
    const any = chain.transportSocket.configType.value;
    const type = any?.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1) ?? "";
    if (type !== "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer") {
      const message = `${chain.transportSocket.name} is not implemented`;
      return { ok: false, problems: [{ path: `${path}.transport_socket`, message, severity: "error" }] };
    }
  }
  const filters = compileNetworkFilters(chain.filters, `${path}.filters`, context);
  return filters.ok ? { ok: true, value: { name: chain.name, filters: filters.value } } : filters;
}
