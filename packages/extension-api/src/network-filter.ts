import type { NetworkFilterStatus } from "./filter-status.ts";
import type { ConnectionInfo, WatermarkCallbacks } from "./http-filter.ts";
import type { StreamInfo } from "./stream-info.ts";
import type { Clock, Random, Timers } from "./time.ts";

/**
 * Network (L4) filters (envoy/network/filter.h). A connection's read filters are called in configured order; the last one
 * is terminal (HTTP connection manager, TCP proxy). Chunks must not be changed.
 *
 * A filter sees each byte once. Bytes for which a filter that is not the last answers `StopIteration` are kept for the filters behind it,
 * up to the connection's buffer limit (then reading pauses), until it calls `continueReading` or answers `Continue` to later
 * bytes. Those for which the last filter answers `StopIteration` are its own.
 */
export interface ReadFilter {
  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void;
  /** Once, before any data. `StopIteration` keeps later filters from seeing the connection until `continueReading`. */
  onNewConnection(): NetworkFilterStatus;
  /** `endStream`: the peer half-closed behind these bytes; only where a filter called `enableHalfClose`. */
  onData(chunk: Uint8Array, endStream: boolean): NetworkFilterStatus;
  /** The connection is to end in the course of this: its listener, or its chain, goes. A further call changes nothing unless it is `atOnce`. */
  drain?(drain: ConnectionDrain): void;
  /** Once, last; the connection is gone for whatever reason. */
  onDestroy(): void;
}

/** How a listener lets go of its connections (`--drain-time-s`, `--drain-strategy`). */
export interface ConnectionDrain {
  /** Connections end as soon as they can. */
  readonly atOnce: boolean;
  /**
   * Asked whenever a connection could be closed. With the gradual strategy the chance of `true` grows from 0 to 1 within the
   * first `share` (0 to 1) of the drain time, in whole seconds; with the immediate one it is always `true`.
   */
  closesNow(share: number): boolean;
  /**
   * When a connection ends that has had no such occasion: a random moment between `share` of the drain time and `graceMs` before
   * its end, in ms from now. 0: never, where that leaves no room or the moment has passed.
   */
  ownEndMs(share: number, graceMs: number): number;
  /**
   * Whether there is time between `share` of the drain time and `graceMs` before its end; always with the immediate strategy, where
   * all that is used ends anyway.
   */
  hasRoom(share: number, graceMs: number): boolean;
}

/** Write filters are called in reverse of the configured order. An object that is both kinds is destroyed once. */
export interface WriteFilter {
  initializeWriteFilterCallbacks(callbacks: WriteFilterCallbacks): void;
  /** `StopIteration`: the filter has taken the bytes, and writes on by `injectWriteData`. */
  onWrite(chunk: Uint8Array, endStream: boolean): NetworkFilterStatus;
  onDestroy(): void;
}

export interface ReadFilterCallbacks {
  readonly connection: Connection;
  readonly streamInfo: StreamInfo;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Ends a stop of this filter: the filters behind it see the connection and what was kept for them. */
  continueReading(): void;
  /** Passes bytes on to the filters behind this one, beside the iteration. */
  injectReadData(chunk: Uint8Array, endStream: boolean): void;
}

export interface WriteFilterCallbacks {
  readonly connection: Connection;
  readonly streamInfo: StreamInfo;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Passes bytes on to the write filters behind this one, and to the socket. */
  injectWriteData(chunk: Uint8Array | string, endStream: boolean): void;
}

/** A downstream or upstream connection behind its transport socket. */
export interface Connection extends ConnectionInfo {
  /** Queues bytes; several writes in one event-loop turn leave in one system call. `endStream` half-closes behind them. */
  write(chunk: Uint8Array | string, endStream: boolean): void;
  /** `flush`: after what is queued has left; `noFlush`: now; `abort`: with a TCP reset. */
  close(how: "flush" | "noFlush" | "abort", details: string): void;
  /** Counted: reading stops at the first `true` and goes on at the last matching `false`. */
  readDisable(disable: boolean): void;
  /** From now on the peer's half-close is an event (`endStream`) and not the end of the connection. Off by default. */
  enableHalfClose(): void;
  addWatermarkCallbacks(callbacks: WatermarkCallbacks): void;
  removeWatermarkCallbacks(callbacks: WatermarkCallbacks): void;
  /** Bytes queued and not yet taken by the kernel. */
  readonly bufferedBytes: number;
  readonly state: "open" | "closing" | "closed";
}
