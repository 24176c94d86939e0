import type { Socket } from "node:net";
import type { Log } from "@sluice/extension-api";
import { Deadline } from "../connection/deadline.ts";
import { SocketConnection } from "../connection/socket-connection.ts";
import { RequestStreamInfo } from "../http/request-stream-info.ts";
import {
  hasCreateFor,
  type NetworkFactoryContext,
  type NetworkFilterEntry,
} from "../network-filter/network-factory-context.ts";
import { NetworkFilterManager } from "../network-filter/network-filter-manager.ts";
import type { DownstreamTransportSocket } from "../transport-socket/downstream-transport-socket.ts";
import { AcceptedSocket } from "./accepted-socket.ts";
import { ActiveConnection } from "./active-connection.ts";
import type { ActiveListenerConfig } from "./active-listener-config.ts";

/** A filter chain, compiled. */
export interface ChainPayload {
  readonly name: string;
  readonly filters: readonly NetworkFilterEntry[];
  /** Undefined: the filters get the socket as it is. */
  readonly transportSocket: DownstreamTransportSocket | undefined;
  /** `transport_socket_connect_timeout` in ms; 0: none. */
  readonly handshakeTimeoutMs: number;
}

/** Which chain a connection gets; undefined: it is closed. */
export type FindChain = (accepted: AcceptedSocket) => ChainPayload | undefined;

/** The connections of one listener configuration in one worker. */
export class ActiveListener implements ActiveListenerConfig {
  readonly log: Log;
  private readonly find: FindChain;
  private readonly releases: readonly (() => void)[];
  private readonly context: NetworkFactoryContext;
  private readonly connections = new Set<ActiveConnection>();
  /** Sockets whose handshake is not done. */
  private readonly handshakes = new Set<Socket>();
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
    const accepted = new AcceptedSocket(socket);
    const chain = this.find(accepted);
    if (chain === undefined) {
      this.context.listenerStats.counter("no_filter_chain_match").inc();
      socket.destroy();
    } else if (chain.transportSocket === undefined) {
      this.serve(chain, new SocketConnection(socket, this.context.bufferLimitBytes), accepted);
      socket.resume();
    } else this.handshake(chain, chain.transportSocket, accepted);
  }

  private handshake(
    chain: ChainPayload,
    transportSocket: DownstreamTransportSocket,
    accepted: AcceptedSocket,
  ): void {
    const { clock, timers, listenerStats, bufferLimitBytes } = this.context;
    const { socket } = accepted;
    this.handshakes.add(socket);
    const deadline = new Deadline(clock, timers, () => {
      listenerStats.counter("downstream_cx_transport_socket_connect_timeout").inc();
      socket.destroy();
    });
    if (chain.handshakeTimeoutMs > 0) deadline.set(chain.handshakeTimeoutMs);
    const ended = (): void => {
      deadline.dispose();
      this.handshakes.delete(socket);
    };
    transportSocket.accept(socket, {
      onReady: (ready, tls) => {
        ended();
        const connection = new SocketConnection(ready, bufferLimitBytes);
        connection.tls = tls;
        if (tls?.requestedServerName !== undefined) connection.requestedServerName = tls.requestedServerName;
        this.serve(chain, connection, accepted);
        ready.resume();
      },
      onFailure: (reason) => {
        ended();
        if (reason !== "") this.log.debug(`${accepted.directRemoteAddress}: ${reason}`);
        if (this.connections.size === 0) this.finishDrain();
      },
    });
  }

  private serve(chain: ChainPayload, connection: SocketConnection, accepted: AcceptedSocket): void {
    connection.remoteAddress = accepted.remoteAddress;
    connection.localAddress = accepted.localAddress;
    connection.requestedServerName ??= accepted.requestedServerName;
    const [only] = chain.filters;
    if (only === undefined) connection.close("noFlush", "no network filters");
    else if (chain.filters.length === 1 && hasCreateFor(only.factory)) {
      const filter = only.factory.createFor(only.config, connection);
      this.take(new ActiveConnection(connection, filter, this));
    } else this.startFilters(chain.filters, connection);
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
    for (const socket of [...this.handshakes]) socket.destroy();
    for (const { connection } of [...this.connections]) connection.close("noFlush", "listener closed");
    this.release();
  }

  private finishDrain(): void {
    const done = this.onDrained;
    if (done === undefined || this.connections.size + this.handshakes.size > 0) return;
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
