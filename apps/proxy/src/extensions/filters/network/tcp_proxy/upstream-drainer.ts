import { Deadline, type DeadlineOwner } from "../../../../event/timer-queue.ts";
import type { TcpUpstream, TcpUpstreamOwner } from "../../../../upstream/tcp-upstream.ts";
import type { TcpProxyConfig } from "./config.ts";

/** Holds an upstream connection whose downstream has gone until what is queued for the upstream has left. */
export class UpstreamDrainer implements TcpUpstreamOwner, DeadlineOwner {
  private readonly config: TcpProxyConfig;
  private readonly idleTimeoutMs: number;
  private readonly upstream: TcpUpstream;
  private readonly idle: Deadline;
  private waiting = false;

  constructor(config: TcpProxyConfig, idleTimeoutMs: number, upstream: TcpUpstream) {
    this.config = config;
    this.idleTimeoutMs = idleTimeoutMs;
    this.upstream = upstream;
    this.idle = new Deadline(config.worker.timers, this, 0);
  }

  start(): void {
    if (!this.upstream.flushAndClose(this)) return;
    this.waiting = true;
    this.config.stats.upstreamFlushTotal.inc();
    this.config.stats.upstreamFlushActive.add(1);
    if (this.idleTimeoutMs > 0) this.idle.set(this.idleTimeoutMs);
  }

  /** Nobody is left to read it: as the kernel would, this breaks the connection. */
  onUpstreamData(chunk: Uint8Array): void {
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

  onDeadline(): void {
    this.config.stats.idleTimeout.inc();
    this.upstream.abandon("noFlush");
    this.end();
  }

  private end(): void {
    this.idle.dispose();
    if (!this.waiting) return;
    this.waiting = false;
    this.config.stats.upstreamFlushActive.sub(1);
  }
}
