import { Deadline } from "../../../../connection/deadline.ts";
import type { TcpProxyConfig } from "./config.ts";
import type { UpstreamConnection, UpstreamOwner } from "./upstream-connection.ts";

/** Holds an upstream connection whose downstream has gone until what is queued for the upstream has left. */
export class UpstreamDrainer implements UpstreamOwner {
  private readonly config: TcpProxyConfig;
  private readonly upstream: UpstreamConnection;
  private readonly idle: Deadline;
  private waiting = false;

  constructor(config: TcpProxyConfig, upstream: UpstreamConnection) {
    this.config = config;
    this.upstream = upstream;
    const { clock, timers } = config.worker;
    this.idle = new Deadline(clock, timers, () => {
      config.stats.idleTimeout.inc();
      this.upstream.abandon("noFlush");
      this.end();
    });
  }

  start(): void {
    if (!this.upstream.flushAndClose(this)) return;
    this.waiting = true;
    this.config.stats.upstreamFlushTotal.inc();
    this.config.stats.upstreamFlushActive.add(1);
    if (this.config.idleTimeoutMs > 0) this.idle.set(this.config.idleTimeoutMs);
  }

  /** Nobody is left to read it: as the kernel would, this breaks the connection. */
  onUpstreamData(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.upstream.abandon("noFlush");
    this.end();
  }

  onUpstreamClosed(): void {
    this.end();
  }

  onUpstreamConnected(): void {}
  onUpstreamConnectFailed(): void {}
  onAboveHighWatermark(): void {}
  onBelowLowWatermark(): void {}

  private end(): void {
    this.idle.dispose();
    if (!this.waiting) return;
    this.waiting = false;
    this.config.stats.upstreamFlushActive.sub(1);
  }
}
