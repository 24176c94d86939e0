import type { ConnectionDrain } from "@sluice/extension-api";
import type { SocketConnection } from "../connection/socket-connection.ts";
import { scaledDeadline } from "../event/scaled-deadline.ts";
import { Deadline, type DeadlineOwner } from "../event/timer-queue.ts";
import type { ServerCodec } from "../http/codec.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";

const IDLE = 0;
const DRAIN = 1;
const LIFETIME = 2;
const DELAYED_CLOSE = 3;
const OWN_END = 4;
/** Numbers of deadlines from here on are those of the class below. */
export const FURTHER_DEADLINES = 5;

/** As Envoy: the last third of the drain time is for connections that have had no response to end behind. */
const RAMP_SHARE = 2 / 3;

/** Envoy's word for a connection that is closed because nothing more is to come. */
export const DRAINED = "deferred_close_on_drained_connection";

/** A stream that a drained listener does not wait for. */
export interface Tunnel {
  endForDrain(): void;
}

/**
 * How a downstream HTTP connection comes to its end: idle, old, or its listener or the proxy drains. The peer is told, what is on its way
 * is still served, then it closes with its last stream, and in good time. It knows nothing of what the streams carry. The connection
 * manager's connection is one, so that it costs no object of its own.
 */
export abstract class ConnectionLifetime implements DeadlineOwner {
  readonly config: ConnectionManagerConfig;
  readonly connection: SocketConnection;
  protected codec: ServerCodec | undefined = undefined;
  protected activeStreams = 0;
  /** A request's head has begun to arrive. */
  protected headBegun = false;
  protected destroyed = false;
  /** The peer has been told that the connection will end. */
  protected draining = false;
  /** It ends with its last stream. */
  private ending = false;
  /** It waits for a next response to end behind. */
  private softDraining = false;
  /** Of its listener, which is to go. */
  private listenerDrain: ConnectionDrain | undefined = undefined;
  private tunnels: Set<Tunnel> | undefined = undefined;
  /** Runs while nothing is asked of it. */
  protected readonly idle: Deadline;
  private drainTimeout: Deadline | undefined = undefined;
  private lifetime: Deadline | undefined = undefined;
  private delayedClose: Deadline | undefined = undefined;
  /** When it ends without a response to end behind. */
  private ownEnd: Deadline | undefined = undefined;

  constructor(config: ConnectionManagerConfig, connection: SocketConnection) {
    this.config = config;
    this.connection = connection;
    connection.lingers = config.delayedCloseTimeoutMs > 0;
    const { timers } = config.worker;
    this.idle = scaledDeadline(timers, this, IDLE, "HTTP_DOWNSTREAM_CONNECTION_IDLE");
    this.armIdle();
    if (config.maxConnectionDurationMs > 0) {
      this.lifetime = scaledDeadline(timers, this, LIFETIME, "HTTP_DOWNSTREAM_CONNECTION_MAX");
      this.lifetime.set(
        this.jittered(config.maxConnectionDurationMs, config.maxConnectionDurationJitterPercent),
      );
    }
  }

  /**
   * The connection is to end: the peer is told, and has `drain_timeout` for what is on its way, since to close at once would
   * cost that request. Then the connection takes no more and ends with its last stream.
   */
  startDrain(): void {
    if (this.draining || this.destroyed) return;
    this.draining = true;
    this.ownEnd?.clear();
    this.codec?.notifyShutdown();
    const { drainTimeoutMs, drainTimeoutJitterPercent } = this.config;
    if (drainTimeoutMs > 0) {
      this.drainTimeout = new Deadline(this.config.worker.timers, this, DRAIN);
      this.drainTimeout.set(this.jittered(drainTimeoutMs, drainTimeoutJitterPercent));
    } else if (this.codec === undefined || this.codec.multiplexed || !this.codec.busy)
      this.endWithLastStream();
  }

  drain(drain: ConnectionDrain): void {
    // Where there is no room Envoy tells nobody, and cuts what is under way when the time is up.
    if (drain.atOnce || !drain.hasRoom(RAMP_SHARE, this.config.drainTimeoutMs)) {
      this.startDrain();
      return;
    }
    if (this.listenerDrain !== undefined || this.destroyed) return;
    this.listenerDrain = drain;
    const delayMs = this.draining ? 0 : drain.ownEndMs(RAMP_SHARE, this.config.drainTimeoutMs);
    if (delayMs === 0) return;
    this.ownEnd = new Deadline(this.config.worker.timers, this, OWN_END);
    this.ownEnd.set(delayMs);
  }

  private onOwnEnd(): void {
    this.config.stats.counters.downstream_cx_drain_close.inc();
    if (this.codec === undefined) this.closeAfterFlush("drain");
    else this.startDrain();
  }

  /** Before each response's head: the listener may be draining. */
  drainIfAsked(): void {
    if (this.draining) return;
    const { worker, stats } = this.config;
    if (worker.drain.drainClose() || this.listenerDrain?.closesNow(RAMP_SHARE) === true)
      stats.counters.downstream_cx_drain_close.inc();
    else if (worker.overload.takes("envoy.overload_actions.disable_http_keepalive")) {
      stats.counters.downstream_cx_drain_close.inc();
      stats.counters.downstream_cx_overload_disable_keepalive.inc();
    } else return;
    this.startDrain();
  }

  onTunnel(stream: Tunnel): void {
    this.tunnels ??= new Set();
    this.tunnels.add(stream);
  }

  onTunnelDone(stream: Tunnel): void {
    this.tunnels?.delete(stream);
  }

  protected armIdle(): void {
    if (this.config.idleTimeoutMs > 0) this.idle.set(this.config.idleTimeoutMs);
  }

  /** A stream is through, and there may be others behind it. */
  protected onStreamEnded(): void {
    if (this.activeStreams > 0) return;
    if (this.ending) this.closeAfterFlush(DRAINED);
    else this.armIdle();
  }

  protected endDeadlines(): void {
    this.idle.dispose();
    this.drainTimeout?.dispose();
    this.ownEnd?.dispose();
    this.delayedClose?.dispose();
    this.lifetime?.dispose();
    if (this.softDraining) this.config.stats.cxHttp1SoftDrain.sub(1);
  }

  private endWithLastStream(): void {
    this.ending = true;
    this.codec?.goAway();
    if (this.listenerDrain !== undefined) for (const tunnel of this.tunnels ?? []) tunnel.endForDrain();
    // For a listener that goes in its time a request of HTTP/1 is one from its first octet on.
    const begun = this.listenerDrain !== undefined && this.headBegun && this.codec?.multiplexed === false;
    if (this.activeStreams === 0 && !begun) this.closeAfterFlush(DRAINED);
  }

  /** What is written still leaves; then, or after `delayed_close_timeout`, it is closed. */
  protected closeAfterFlush(details: string): undefined {
    const { connection } = this;
    this.codec?.stop();
    if (connection.state !== "open") return;
    connection.close("flush", details);
    if (this.config.delayedCloseTimeoutMs > 0 && !this.destroyed) {
      this.delayedClose ??= new Deadline(this.config.worker.timers, this, DELAYED_CLOSE);
      this.delayedClose.set(this.config.delayedCloseTimeoutMs);
    }
  }

  /** Up to `percent` more. */
  private jittered(ms: number, percent: number): number {
    if (percent === 0) return ms;
    return ms * (1 + (percent / 100) * (this.config.worker.random.uint32() / 0x1_0000_0000));
  }

  onDeadline(which: number): void {
    if (which === IDLE) this.onIdle();
    else if (which === DRAIN) this.endWithLastStream();
    else if (which === LIFETIME) this.onMaxDuration();
    else if (which === OWN_END) this.onOwnEnd();
    else {
      this.config.stats.counters.downstream_cx_delayed_close_timeout.inc();
      this.connection.close("noFlush", "delayed close timeout");
    }
  }

  private onIdle(): void {
    this.config.stats.counters.downstream_cx_idle_timeout.inc();
    if (this.codec === undefined) this.closeAfterFlush("on_idle_timeout");
    else this.startDrain();
  }

  private onMaxDuration(): void {
    const { stats, http1SafeMaxConnectionDuration } = this.config;
    stats.counters.downstream_cx_max_duration_reached.inc();
    if (this.codec === undefined) this.connection.close("noFlush", "duration_timeout");
    else if (!http1SafeMaxConnectionDuration || this.codec.multiplexed) this.startDrain();
    else if (!this.draining) {
      this.draining = true;
      this.softDraining = true;
      stats.cxHttp1SoftDrain.add(1);
      this.codec.notifyShutdown();
    }
  }
}
