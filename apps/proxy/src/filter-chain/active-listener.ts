import type { Socket } from "node:net";
import type { Log } from "@sluice/extension-api";
import type { ConnectionFacts } from "@sluice/matching";
import { ipOf } from "../connection/socket-address.ts";
import { SocketConnection } from "../connection/socket-connection.ts";
import { RequestStreamInfo } from "../http/request-stream-info.ts";
import {
  hasCreateFor,
  type NetworkFactoryContext,
  type NetworkFilterEntry,
} from "../network-filter/network-factory-context.ts";
import { NetworkFilterManager } from "../network-filter/network-filter-manager.ts";
import { ActiveConnection } from "./active-connection.ts";
import type { ActiveListenerConfig } from "./active-listener-config.ts";

/** A filter chain, compiled. */
export interface ChainPayload {
  readonly name: string;
  readonly filters: readonly NetworkFilterEntry[];
}

/** Which chain a connection gets; undefined: it is closed. */
export type FindChain = (connection: SocketConnection) => ChainPayload | undefined;

/** The connections of one listener configuration in one worker. */
export class ActiveListener implements ActiveListenerConfig {
  readonly log: Log;
  private readonly find: FindChain;
  private readonly releases: readonly (() => void)[];
  private readonly context: NetworkFactoryContext;
  private readonly connections = new Set<ActiveConnection>();
  private onDrained: (() => void) | undefined = undefined;
  private released = false;

  constructor(find: FindChain, releases: readonly (() => void)[], context: NetworkFactoryContext) {
    this.find = find;
    this.releases = releases;
    this.context = context;
    this.log = context.log;
  }

  get activeConnections(): number {
    return this.connections.size;
  }

  onAccept(socket: Socket): void {
    const connection = new SocketConnection(socket, this.context.bufferLimitBytes);
    const chain = this.find(connection);
    if (chain === undefined) {
      this.context.listenerStats.counter("no_filter_chain_match").inc();
      connection.close("noFlush", "filter_chain_not_found");
      return;
    }
    const [only] = chain.filters;
    if (only === undefined) {
      connection.close("noFlush", "no network filters");
      return;
    }
    if (chain.filters.length === 1 && hasCreateFor(only.factory)) {
      const filter = only.factory.createFor(only.config, connection);
      this.take(new ActiveConnection(connection, filter, this));
    } else this.startFilters(chain.filters, connection);
    socket.resume();
  }

  private startFilters(filters: readonly NetworkFilterEntry[], connection: SocketConnection): void {
    const { clock, bufferLimitBytes } = this.context;
    const streamInfo = new RequestStreamInfo(clock.wallMs(), clock.nowMs());
    connection.streamInfo = streamInfo;
    const manager = new NetworkFilterManager(filters, connection, streamInfo, bufferLimitBytes, this.context);
    const active = new ActiveConnection(connection, manager, this);
    this.take(active);
    try {
      manager.start();
    } catch (error) {
      active.onThrow(error);
    }
  }

  private take(active: ActiveConnection): void {
    this.connections.add(active);
    active.connection.attach(active);
    if (this.onDrained !== undefined) active.reader.drain?.();
  }

  onConnectionClosed(active: ActiveConnection): void {
    this.connections.delete(active);
    if (this.connections.size === 0) queueMicrotask(() => this.finishDrain());
  }

  drain(onDrained: () => void): void {
    this.onDrained = onDrained;
    for (const { reader } of [...this.connections]) reader.drain?.();
    if (this.connections.size === 0) this.finishDrain();
  }

  close(): void {
    for (const { connection } of [...this.connections]) connection.close("noFlush", "listener closed");
    this.release();
  }

  private finishDrain(): void {
    const done = this.onDrained;
    if (done === undefined || this.connections.size > 0) return;
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

export function connectionFacts(connection: SocketConnection): ConnectionFacts {
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
