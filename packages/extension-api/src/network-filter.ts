import type { NetworkFilterStatus } from "./filter-status.ts";
import type { ConnectionInfo, WatermarkCallbacks } from "./http-filter.ts";
import type { StreamInfo } from "./stream-info.ts";
import type { Clock, Random, Timers } from "./time.ts";

/**
 * Network (L4) filters (envoy/network/filter.h). A connection's read filters are called in configured order; the last one
 * is terminal (HTTP connection manager, TCP proxy). Chunks are borrowed for the call.
 */
export interface ReadFilter {
  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void;
  /** Once, before any data. `StopIteration` keeps later filters from seeing the connection until `continueReading`. */
  onNewConnection(): NetworkFilterStatus;
  /** `endStream`: the peer half-closed behind these bytes. */
  onData(chunk: Uint8Array, endStream: boolean): NetworkFilterStatus;
  /** Once, last; the connection is gone for whatever reason. */
  onDestroy(): void;
}

export interface WriteFilter {
  initializeWriteFilterCallbacks(callbacks: ReadFilterCallbacks): void;
  onWrite(chunk: Uint8Array, endStream: boolean): NetworkFilterStatus;
  onDestroy(): void;
}

export interface ReadFilterCallbacks {
  readonly connection: Connection;
  readonly streamInfo: StreamInfo;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  continueReading(): void;
}

/** A downstream or upstream connection behind its transport socket. */
export interface Connection extends ConnectionInfo {
  /** Queues bytes; several writes in one event-loop turn leave in one system call. `endStream` half-closes behind them. */
  write(chunk: Uint8Array | string, endStream: boolean): void;
  /** `flush`: after what is queued has left; `noFlush`: now; `abort`: with a TCP reset. */
  close(how: "flush" | "noFlush" | "abort", details: string): void;
  /** Counted: reading stops at the first `true` and goes on at the last matching `false`. */
  readDisable(disable: boolean): void;
  addWatermarkCallbacks(callbacks: WatermarkCallbacks): void;
  /** Bytes queued and not yet taken by the kernel. */
  readonly bufferedBytes: number;
  readonly state: "open" | "closing" | "closed";
}
