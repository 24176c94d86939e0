import type { WatermarkCallbacks } from "@sluice/extension-api";
import type { ClusterInfo, Host } from "../cluster/thread-local-cluster.ts";
import type { RequestEncoder, ResponseStream } from "../http/codec.ts";
import { Headers } from "../http/header-map.ts";
import type { Preamble } from "../route/connect-config.ts";
import type { PoolUser } from "./host-pools.ts";
import type { HttpPool, PoolWaiter } from "./http-pool.ts";
import { shedConnection } from "./shed-connection.ts";
import { TcpConnection } from "./tcp-connection.ts";
import { type TcpQueue, type TcpWaiter, tcpQueueOf } from "./tcp-queue.ts";
import type { ConnectFailure, TcpUpstreamOwner } from "./tcp-upstream.ts";
import type { PoolContext } from "./upstream-connection.ts";

/**
 * Takes requests whose body is a TCP session (CONNECT that ends here): each gets a connection of its own to the host, answered
 * with 200 as soon as that stands; then bytes pass as they are.
 */
export class TcpPool implements HttpPool {
  private readonly info: ClusterInfo;
  private readonly host: Host;
  private readonly user: PoolUser;
  private readonly context: PoolContext;
  private readonly preamble: Preamble | undefined;
  private readonly connecting = new Map<PoolWaiter, TcpExchange>();

  constructor(info: ClusterInfo, host: Host, user: PoolUser, context: PoolContext, preamble?: Preamble) {
    this.info = info;
    this.host = host;
    this.user = user;
    this.context = context;
    this.preamble = preamble;
  }

  newStream(waiter: PoolWaiter): void {
    const { info, host, user, context } = this;
    const { stats } = info;
    const limits = user.highPriority ? info.circuitBreakers.high : info.circuitBreakers.default;
    if (!limits.pendingRequests.tryAcquire()) {
      stats.upstreamRqPendingOverflow.inc();
      waiter.onFailure("overflow", "");
      return;
    }
    if (shedConnection(info)) {
      limits.pendingRequests.release();
      waiter.onFailure("overflow", "");
      return;
    }
    const queue = tcpQueueOf(info, host, user.highPriority);
    const { clock, timers } = context;
    const { downstreamConnection: downstream, upstreamState } = user;
    const options = { ...upstreamState?.tls, shared: upstreamState?.shared };
    const connect = (counted: boolean, waited: boolean): TcpConnection =>
      new TcpConnection(info, host, exchange, {
        clock,
        timers,
        limits,
        counted,
        waited,
        connect: downstream === undefined ? options : { ...options, downstream },
        onGone: (failure) => queue.onClosed(failure),
      });
    const onSettled = (): unknown => this.connecting.delete(waiter);
    const exchange = new TcpExchange({
      waiter,
      preamble: this.preamble?.(downstream),
      queue,
      connect,
      onSettled,
    });
    this.connecting.set(waiter, exchange);
    queue.enter(exchange);
  }

  cancel(waiter: PoolWaiter): void {
    const exchange = this.connecting.get(waiter);
    this.connecting.delete(waiter);
    exchange?.reset();
  }

  /** Nothing is kept open between requests. */
  drain(): void {}
}

interface TcpExchangeInit {
  readonly waiter: PoolWaiter;
  readonly preamble: Uint8Array | undefined;
  readonly queue: TcpQueue;
  connect(counted: boolean, waited: boolean): TcpConnection;
  /** It has a connection, or will have none. */
  onSettled(): void;
}

/** One request and its connection. */
class TcpExchange implements RequestEncoder, TcpUpstreamOwner, TcpWaiter {
  readonly protocol = "";
  private connection: TcpConnection | undefined = undefined;
  private readonly init: TcpExchangeInit;
  private response: ResponseStream | undefined = undefined;
  private requestEnded = false;
  private responseEnded = false;
  private watermarks: readonly WatermarkCallbacks[] = [];

  constructor(init: TcpExchangeInit) {
    this.init = init;
  }

  // ── from the queue ──────────────────────────────────────────────────────────────────────────────────────────────────

  open(counted: boolean, waited: boolean): void {
    this.connection = this.init.connect(counted, waited);
  }

  fail(failure: ConnectFailure): void {
    this.onUpstreamConnectFailed(failure, "");
  }

  // ── request ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  encodeHeaders(_headers: Headers, endStream: boolean): void {
    const { preamble } = this.init;
    if (preamble !== undefined) {
      const meter = this.response?.meter;
      if (meter !== undefined) {
        meter.wireBytesSent += preamble.length;
        meter.headerBytesSent += preamble.length;
      }
      this.connection?.write(preamble, false);
    }
    if (endStream) this.encodeData(EMPTY, true);
    this.response?.decodeHeaders(new Headers([":status", "200"]), false);
  }

  encodeData(chunk: Uint8Array, endStream: boolean): void {
    const { connection } = this;
    const meter = this.response?.meter;
    if (meter !== undefined) meter.wireBytesSent += chunk.length;
    connection?.write(chunk, endStream);
    if (!endStream) return;
    this.requestEnded = true;
    if (this.responseEnded) connection?.finishRequest();
  }

  encodeTrailers(): void {
    this.encodeData(EMPTY, true);
  }

  endsConnection(): void {}

  reset(): void {
    const { connection } = this;
    if (connection === undefined) this.init.queue.leave(this);
    this.connection = undefined;
    this.response = undefined;
    connection?.abandon("noFlush");
  }

  readDisable(disable: boolean): void {
    if (this.connection?.open === true) this.connection.connection.readDisable(disable);
  }

  addWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.watermarks = [...this.watermarks, callbacks];
  }

  removeWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.watermarks = this.watermarks.filter((one) => one !== callbacks);
  }

  get bufferedBytes(): number {
    return this.connection?.bufferedBytes ?? 0;
  }

  // ── from the connection ─────────────────────────────────────────────────────────────────────────────────────────────

  onUpstreamConnected(): void {
    const { connection } = this;
    const { waiter } = this.init;
    this.init.onSettled();
    if (connection === undefined) return;
    this.response = waiter.response;
    waiter.onReady(this, connection.connection);
  }

  onUpstreamConnectFailed(failure: ConnectFailure, transportFailure: string): void {
    this.init.onSettled();
    this.connection = undefined;
    const reason = failure === "timeout" ? "connection timeout" : "remote connection failure";
    this.init.waiter.onFailure(reason, transportFailure);
  }

  onUpstreamData(chunk: Uint8Array, endStream: boolean): void {
    if (endStream) {
      this.responseEnded = true;
      if (this.requestEnded) this.connection?.finishRequest();
    }
    const { response } = this;
    if (response?.meter !== undefined) response.meter.wireBytesReceived += chunk.length;
    response?.decodeData(chunk, endStream);
  }

  onUpstreamClosed(): void {
    const { response } = this;
    this.connection = undefined;
    this.response = undefined;
    if (!this.responseEnded) response?.onReset("connection termination", "");
  }

  onAboveHighWatermark(): void {
    for (const one of this.watermarks) one.onAboveHighWatermark();
  }

  onBelowLowWatermark(): void {
    for (const one of this.watermarks) one.onBelowLowWatermark();
  }
}

const EMPTY: Uint8Array = Buffer.alloc(0);
