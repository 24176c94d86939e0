import type { Socket } from "node:net";
import { type ConnectionDrain, type ConnectionInfo, type Log, ResponseFlag } from "@sluice/extension-api";
import type { AccessLogger } from "../access-log/access-logger.ts";
import { CHAIN_REMOVED, LISTENER_REMOVED, SocketConnection } from "../connection/socket-connection.ts";
import { scaledDeadline } from "../event/scaled-deadline.ts";
import { discoveredEntry } from "../network-filter/discovered-network-filter.ts";
import { hasCreateFor, type NetworkFactoryContext } from "../network-filter/network-factory-context.ts";
import { NetworkFilterManager } from "../network-filter/network-filter-manager.ts";
import { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import type { DownstreamTransportSocket } from "../transport-socket/downstream-transport-socket.ts";
import { AcceptedSocket } from "./accepted-socket.ts";
import { ActiveConnection, type ChainPayload } from "./active-connection.ts";
import type { ActiveListenerConfig } from "./active-listener-config.ts";
import { createListenerFilters, type ListenerFilterEntry } from "./compile-listener-filters.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { ListenerFilterRun } from "./listener-filter-run.ts";
import { ListenerStats } from "./listener-stats.ts";
import { logConnection } from "./log-connection.ts";

const NO_BYTES = { bytesReceived: 0, bytesSent: 0 };

/** What is done with an accepted socket before a chain is chosen. */
export interface ListenerFilterPhase {
  readonly entries: readonly ListenerFilterEntry[];
  /** Default 15 s; 0: no limit. */
  readonly timeoutMs: number;
  /** After the timeout the connection goes on with what is known, rather than being closed. */
  readonly continueOnTimeout: boolean;
}

/** What else of a listener its connections are held to. */
export interface ListenerRules {
  readonly limits: ConnectionLimits;
  readonly accessLoggers: readonly AccessLogger[];
  /** The listener's `filter_metadata`. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** `envoy.config.core.v3.TrafficDirection`. */
  readonly direction: number;
  /** `per_connection_buffer_high_watermark_timeout`; 0: none. */
  readonly highWatermarkTimeoutMs: number;
}

/** Which chain a connection gets; undefined: it is closed. */
export type FindChain = (accepted: AcceptedSocket) => ChainPayload | undefined;

/** The connections of one listener configuration in one worker. */
export class ActiveListener implements ActiveListenerConfig {
  readonly log: Log;
  private readonly find: FindChain;
  private readonly releases: readonly (() => void)[];
  private readonly context: NetworkFactoryContext;
  private readonly stats: ListenerStats;
  private readonly phase: ListenerFilterPhase;
  private readonly rules: ListenerRules;
  private readonly connections = new Set<ActiveConnection>();
  /** Sockets with which listener filters or the handshake are not done. */
  private readonly pending = new Set<Socket>();
  private onDrained: (() => void) | undefined = undefined;
  private told: ConnectionDrain | undefined = undefined;
  /** Chains whose connections do not drain. */
  private kept: ReadonlySet<string> | undefined = undefined;
  private released = false;

  constructor(
    find: FindChain,
    phase: ListenerFilterPhase,
    rules: ListenerRules,
    releases: readonly (() => void)[],
    context: NetworkFactoryContext,
  ) {
    this.find = find;
    this.rules = rules;
    this.phase = phase;
    this.stats = new ListenerStats(context.listenerStats, context.worker.workerIndex, context.clock);
    this.releases = releases;
    this.context = context;
    this.log = context.log;
  }

  get activeConnections(): number {
    return this.connections.size;
  }

  onAccept(socket: Socket): void {
    const { limits } = this.rules;
    if (!limits.tryAcquire()) {
      socket.destroy();
      return;
    }
    const accepted = new AcceptedSocket(socket);
    if (this.phase.entries.length === 0) {
      this.stats.passed();
      this.chooseChain(accepted);
    } else {
      this.endWithSocket(accepted);
      this.runListenerFilters(accepted);
    }
  }

  /** For a socket that is not to be a connection at once. */
  private endWithSocket(accepted: AcceptedSocket): void {
    if (accepted.endsWithSocket) return;
    accepted.endsWithSocket = true;
    accepted.socket.once("close", () => this.ended(accepted.begunAtMs));
  }

  private ended(begunAtMs: number | undefined): void {
    this.rules.limits.release();
    if (begunAtMs !== undefined) this.stats.ended(begunAtMs);
  }

  private runListenerFilters(accepted: AcceptedSocket): void {
    const { timers } = this.context;
    const { stats, phase } = this;
    const { socket } = accepted;
    const streamInfo = this.createStreamInfo();
    accepted.streamInfo = streamInfo;
    const filters = createListenerFilters(phase.entries, accepted.facts().destinationPort);
    const deadline = timers.create(() => {
      stats.preCxTimeout.inc();
      if (phase.continueOnTimeout) run.skip();
      else run.refuse();
    });
    const run = new ListenerFilterRun(accepted, streamInfo, filters, (_run, outcome) => {
      deadline.disarm();
      this.pending.delete(socket);
      stats.settled();
      if (outcome === "passed") this.chooseChain(accepted);
      else {
        if (outcome === "left") stats.filterRemoteClose.inc();
        this.logSocket(accepted, streamInfo);
        this.finishDrain();
      }
    });
    this.pending.add(socket);
    stats.pending();
    if (phase.timeoutMs > 0) deadline.arm(phase.timeoutMs);
    try {
      run.start();
    } catch (error) {
      this.log.error(
        `a listener filter threw: ${error instanceof Error ? (error.stack ?? "") : String(error)}`,
      );
      run.refuse();
    }
  }

  private chooseChain(accepted: AcceptedSocket): void {
    const { socket } = accepted;
    const chain = this.find(accepted);
    if (chain === undefined) {
      this.stats.noFilterChainMatch.inc();
      this.logUnmatched(accepted);
      // As closing a socket does whose input is unread.
      if (socket.readableLength > 0) socket.resetAndDestroy();
      else socket.destroy();
      if (!accepted.endsWithSocket) this.ended(undefined);
      this.finishDrain();
      return;
    }
    accepted.begunAtMs = this.stats.begun();
    if (chain.transportSocket === undefined) {
      const connection = new SocketConnection(socket, this.context.bufferLimitBytes, accepted);
      this.serve(chain, connection, accepted);
      connection.startReading();
    } else {
      this.endWithSocket(accepted);
      this.handshake(chain, chain.transportSocket, accepted);
    }
  }

  private handshake(
    chain: ChainPayload,
    transportSocket: DownstreamTransportSocket,
    accepted: AcceptedSocket,
  ): void {
    const { bufferLimitBytes } = this.context;
    const { socket } = accepted;
    this.pending.add(socket);
    let timedOut = false;
    const onDeadline = (): void => {
      this.stats.handshakeTimeout.inc();
      timedOut = true;
      socket.destroy();
    };
    const { timers } = this.context.worker;
    const deadline = scaledDeadline(timers, { onDeadline }, 0, "TRANSPORT_SOCKET_CONNECT");
    if (chain.handshakeTimeoutMs > 0) deadline.set(chain.handshakeTimeoutMs);
    const ended = (): void => {
      deadline.dispose();
      this.pending.delete(socket);
    };
    transportSocket.accept(socket, {
      onReady: (ready, tls) => {
        ended();
        const connection = new SocketConnection(ready, bufferLimitBytes, accepted);
        connection.tls = tls;
        connection.securedAtMs = this.context.clock.nowMs();
        this.serve(chain, connection, accepted);
        connection.startReading();
      },
      onFailure: (reason) => {
        ended();
        if (reason !== "") this.log.debug(`${accepted.directRemoteAddress}: ${reason}`);
        this.logFailed(chain, accepted, reason, timedOut ? "transport socket timeout was reached" : "");
        if (this.connections.size === 0) this.finishDrain();
      },
    });
  }

  private serve(chain: ChainPayload, connection: SocketConnection, accepted: AcceptedSocket): void {
    connection.limitHighWatermark(this.context.worker.timers, this.rules.highWatermarkTimeoutMs);
    connection.requestedServerName ??= accepted.requestedServerName;
    connection.begunAtMs = accepted.streamInfo?.startNowMs ?? accepted.begunAtMs;
    connection.filterChainName = chain.name;
    connection.filterChainMetadata = chain.metadata;
    connection.listenerMetadata = this.rules.metadata;
    connection.listenerDirection = this.rules.direction;
    connection.streamInfo =
      accepted.streamInfo ??
      (this.rules.accessLoggers.length > 0 ? this.createStreamInfo(connection.begunAtMs) : undefined);
    connection.ja3 = accepted.ja3;
    connection.ja4 = accepted.ja4;
    connection.transportFailureReason = accepted.transportFailureReason;
    const [first] = chain.filters;
    const only = first === undefined ? undefined : discoveredEntry(first);
    const begunAtMs = accepted.endsWithSocket ? undefined : accepted.begunAtMs;
    if (only === undefined) {
      connection.close("noFlush", "no network filters");
      if (begunAtMs !== undefined) this.ended(begunAtMs);
    } else if (chain.filters.length === 1 && hasCreateFor(only.factory)) {
      const filter = only.factory.createFor(only.config, connection);
      this.take(new ActiveConnection(connection, filter, chain, begunAtMs, this));
    } else this.startFilters(chain, connection, begunAtMs);
  }

  private startFilters(
    chain: ChainPayload,
    connection: SocketConnection,
    begunAtMs: number | undefined,
  ): void {
    const { bufferLimitBytes } = this.context;
    const streamInfo = connection.streamInfo ?? this.createStreamInfo(connection.begunAtMs);
    connection.streamInfo = streamInfo;
    const manager = new NetworkFilterManager(
      chain.filters,
      connection,
      streamInfo,
      bufferLimitBytes,
      this.context,
    );
    const active = new ActiveConnection(connection, manager, chain, begunAtMs, this);
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
    if (this.told !== undefined && !this.keeps(active)) active.reader.drain?.(this.told);
  }

  /** `begunAtMs`: before a handshake, where there was one; default now. */
  private createStreamInfo(begunAtMs?: number): RequestStreamInfo {
    const { clock } = this.context;
    const nowMs = clock.nowMs();
    const startMs = begunAtMs ?? nowMs;
    return new RequestStreamInfo(clock.wallMs() - (nowMs - startMs), startMs);
  }

  private logUnmatched(accepted: AcceptedSocket): void {
    if (this.rules.accessLoggers.length === 0) return;
    const streamInfo = accepted.streamInfo ?? this.createStreamInfo();
    streamInfo.setResponseFlag(ResponseFlag.NoRouteFound);
    streamInfo.responseCodeDetails = "filter_chain_not_found";
    this.logSocket(accepted, streamInfo);
  }

  /** One that listener filters let go no further, or that left them. */
  private logSocket(accepted: AcceptedSocket, streamInfo: RequestStreamInfo): void {
    if (this.rules.accessLoggers.length === 0) return;
    const { metadata: listenerMetadata, direction: listenerDirection } = this.rules;
    const connection = { ...accepted, id: 0, tls: undefined, listenerMetadata, listenerDirection };
    this.writeLog(connection, streamInfo, NO_BYTES);
  }

  /** A connection that no network filter has seen, since its handshake failed. */
  private logFailed(chain: ChainPayload, accepted: AcceptedSocket, reason: string, details: string): void {
    const { accessLoggers } = this.rules;
    if (accessLoggers.length === 0) return;
    const streamInfo = accepted.streamInfo ?? this.createStreamInfo(accepted.begunAtMs);
    streamInfo.connectionTerminationDetails = details;
    const connection = {
      ...accepted,
      id: 0,
      tls: undefined,
      filterChainName: chain.name,
      filterChainMetadata: chain.metadata,
      listenerMetadata: this.rules.metadata,
      listenerDirection: this.rules.direction,
      transportFailureReason: reason,
    };
    this.writeLog(connection, streamInfo, NO_BYTES);
  }

  private writeLog(
    connection: ConnectionInfo,
    streamInfo: RequestStreamInfo,
    bytes: { readonly bytesReceived: number; readonly bytesSent: number },
  ): void {
    const { clock, listenerName } = this.context;
    logConnection(this.rules.accessLoggers, listenerName, connection, streamInfo, bytes, clock);
  }

  onConnectionClosed(active: ActiveConnection): void {
    const { connection } = active;
    const { streamInfo } = connection;
    const { accessLoggers } = this.rules;
    if (accessLoggers.length > 0 && streamInfo instanceof RequestStreamInfo)
      this.writeLog(connection, streamInfo, connection);
    this.connections.delete(active);
    if (active.begunAtMs !== undefined) this.ended(active.begunAtMs);
    if (this.connections.size === 0) queueMicrotask(() => this.finishDrain());
  }

  tell(drain: ConnectionDrain): void {
    this.told = drain;
    for (const active of [...this.connections]) {
      if (!this.keeps(active)) active.reader.drain?.(drain);
    }
  }

  drain(drain: ConnectionDrain, onDrained: () => void, kept?: ReadonlySet<string>): void {
    this.onDrained = onDrained;
    this.kept = kept;
    this.tell(drain);
    if (this.connections.size === 0) this.finishDrain();
  }

  close(kept?: ReadonlySet<string>): void {
    for (const socket of [...this.pending]) socket.destroy();
    const details = kept === undefined ? LISTENER_REMOVED : CHAIN_REMOVED;
    for (const { connection, chain } of [...this.connections]) {
      if (kept?.has(chain.key) !== true) connection.close("noFlush", details);
    }
    if (this.connections.size === 0) this.release();
  }

  private keeps(active: ActiveConnection): boolean {
    return this.kept?.has(active.chain.key) === true;
  }

  private finishDrain(): void {
    const done = this.onDrained;
    if (done === undefined || this.connections.size + this.pending.size > 0) return;
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
