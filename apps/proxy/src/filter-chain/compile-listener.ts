import type { Socket } from "node:net";
import type { Compiled, NetworkFilterFactory, Problem } from "@sluice/extension-api";
import { type ConnectionFacts, compileFilterChains } from "@sluice/matching";
import { unpackAny } from "@sluice/xds/any";
import type { FilterChain } from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { ipOf } from "../connection/socket-address.ts";
import { SocketConnection } from "../connection/socket-connection.ts";
import {
  type ConnectionFilter,
  hasCreateFor,
  type NetworkFactoryContext,
} from "../network-filter/network-factory-context.ts";
import { refuseUnsupportedFields } from "../server/refuse-unsupported-fields.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import type { ActiveListenerConfig } from "./active-listener-config.ts";

const DEFAULT_BUFFER_LIMIT_BYTES = 1024 * 1024;

interface TerminalFilter {
  readonly factory: NetworkFilterFactory;
  readonly config: unknown;
}

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
  const table = compileFilterChains<TerminalFilter>(listener, {
    payload: (chain, path) => compileChain(chain, path, factoryContext),
  });
  if (!table.ok) problems.push(...table.problems);
  if (problems.length > 0 || !table.ok) {
    for (const release of releases) release();
    return { ok: false, problems };
  }
  const find = (connection: SocketConnection): TerminalFilter | undefined => {
    if (table.value.chains.length === 1 && table.value.chains[0]?.config.filterChainMatch === undefined) {
      return table.value.chains[0]?.payload;
    }
    return table.value.find(connectionFacts(connection))?.payload;
  };
  return { ok: true, value: new ActiveListener(find, releases, bufferLimitBytes, factoryContext) };
}

function statName(listener: Listener): string {
  if (listener.statPrefix !== "") return listener.statPrefix;
  const address = listener.address?.address;
  if (address?.case !== "socketAddress") return listener.name;
  const { portSpecifier } = address.value;
  return `${address.value.address}_${portSpecifier.case === "portValue" ? portSpecifier.value : 0}`;
}

function connectionFacts(connection: SocketConnection): ConnectionFacts {
  const port = (text: string): number => Number(text.slice(text.lastIndexOf(":") + 1));
  return {
    destinationIp: ipOf(connection.localAddress),
    destinationPort: port(connection.localAddress),
    serverName: connection.requestedServerName ?? "",
    transportProtocol: "raw_buffer",
    applicationProtocols: [],
    directSourceIp: ipOf(connection.directRemoteAddress),
    sourceIp: ipOf(connection.remoteAddress),
    sourcePort: port(connection.remoteAddress),
  };
}

function compileChain(
  chain: FilterChain,
  path: string,
  context: NetworkFactoryContext,
): Compiled<TerminalFilter> {
  const refuse = (at: string, message: string): Compiled<TerminalFilter> => ({
    ok: false,
    problems: [{ path: at, message, severity: "error" }],
  });
  if (chain.transportSocket !== undefined) {
    const any = chain.transportSocket.configType.value;
    const type = any?.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1) ?? "";
    if (type !== "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer") {
      return refuse(`${path}.transport_socket`, `${chain.transportSocket.name} is not implemented`);
    }
  }
  const [filter, ...more] = chain.filters;
  if (filter === undefined) return refuse(`${path}.filters`, "a network filter is required");
  if (more.length > 0) return refuse(`${path}.filters[1]`, "more than one network filter is not implemented");
  const at = `${path}.filters[0]`;
  if (filter.configType.case !== "typedConfig") return refuse(at, "only typed_config is implemented");
  const unpacked = unpackAny(filter.configType.value);
  if (!unpacked.ok) return refuse(`${at}.typed_config`, unpacked.message);
  const extension = context.worker.extensions.find("envoy.filters.network", unpacked.typeName);
  if (extension === undefined) return refuse(at, `${filter.name} (${unpacked.typeName}) is not implemented`);
  const here = `${at}.typed_config`;
  const unsupported = refuseUnsupportedFields(
    unpacked.schema,
    unpacked.message,
    extension.manifest.supportedFields,
    here,
  );
  if (unsupported.length > 0) return { ok: false, problems: unsupported };
  const compiled = extension.factory.compile(unpacked.message, context);
  if (!compiled.ok) {
    return {
      ok: false,
      problems: compiled.problems.map((p) => ({ ...p, path: p.path === "" ? here : `${here}.${p.path}` })),
    };
  }
  return { ok: true, value: { factory: extension.factory, config: compiled.value } };
}

/** The connections of one listener configuration in one worker. */
class ActiveListener implements ActiveListenerConfig {
  private readonly find: (connection: SocketConnection) => TerminalFilter | undefined;
  private readonly releases: readonly (() => void)[];
  private readonly bufferLimitBytes: number;
  private readonly context: NetworkFactoryContext;
  private readonly connections = new Map<SocketConnection, ConnectionFilter>();
  private onDrained: (() => void) | undefined = undefined;
  private released = false;

  constructor(
    find: (connection: SocketConnection) => TerminalFilter | undefined,
    releases: readonly (() => void)[],
    bufferLimitBytes: number,
    context: NetworkFactoryContext,
  ) {
    this.find = find;
    this.releases = releases;
    this.bufferLimitBytes = bufferLimitBytes;
    this.context = context;
  }

  get activeConnections(): number {
    return this.connections.size;
  }

  onAccept(socket: Socket): void {
    const connection = new SocketConnection(socket, this.bufferLimitBytes);
    const chain = this.find(connection);
    if (chain === undefined || !hasCreateFor(chain.factory)) {
      this.context.listenerStats.counter("no_filter_chain_match").inc();
      connection.close("noFlush", "no filter chain match");
      return;
    }
    const filter = chain.factory.createFor(chain.config, connection);
    this.connections.set(connection, filter);
    connection.attach({
      onData: (chunk, endStream) => {
        try {
          filter.onData(chunk, endStream);
        } catch (error) {
          const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
          this.context.log.error(`a connection's filter threw: ${text}`);
          connection.close("noFlush", "internal error");
        }
      },
      onClose: () => {
        this.connections.delete(connection);
        filter.onDestroy();
        if (this.connections.size === 0) this.finishDrain();
      },
    });
    socket.resume();
    if (this.onDrained !== undefined) filter.drain?.();
  }

  drain(onDrained: () => void): void {
    this.onDrained = onDrained;
    for (const filter of [...this.connections.values()]) filter.drain?.();
    if (this.connections.size === 0) this.finishDrain();
  }

  close(): void {
    for (const connection of [...this.connections.keys()]) connection.close("noFlush", "listener closed");
    this.release();
  }

  private finishDrain(): void {
    const done = this.onDrained;
    if (done === undefined) return;
    this.onDrained = undefined;
    this.release();
    done();
  }

  private release(): void {
    if (this.released) return;
    this.released = true;
    for (const release of this.releases) release();
  }
}
