import { closeSync, openSync, write, writeSync } from "node:fs";
import type { Log, Timer, Timers } from "@sluice/extension-api";
import { discardingStats } from "../stats/thread-stats.ts";
import { createFileStats, type FileStats } from "./file-stats.ts";

const NOT_COUNTED = createFileStats(discardingStats());

/** Lines are written when so many bytes have come, or at the interval. */
const BLOCK_BYTES = 64 * 1024;
/** What waits for a slow disk; more is dropped and counted in the log. */
const PENDING_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Appends lines to a file or a standard stream without blocking; several threads may append to one file.
 *
 * Each line is copied into the block that is being filled when it comes. Kept as texts, the thousands of short-lived strings of a
 * block would be moved by the collector until it is full.
 */
export class LogWriter {
  readonly #path: string;
  readonly #log: Log;
  readonly #timer: Timer;
  readonly #intervalMs: number;
  readonly #stats: FileStats;
  #descriptor: number;
  /** Replaced by newer ones; a write may still be on its way to them. */
  readonly #retired: number[] = [];
  #block: Buffer | undefined;
  /** Bytes of lines in `#block`. */
  #used = 0;
  /** What was filled while something else was written. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #writing: Buffer | undefined;
  #dropped = 0;

  /** Throws when the file cannot be opened. `/dev/stdout` and `/dev/stderr` are the process's own. */
  constructor(path: string, timers: Timers, intervalMs: number, log: Log, stats: FileStats = NOT_COUNTED) {
    this.#path = path;
    this.#log = log;
    this.#intervalMs = intervalMs;
    this.#stats = stats;
    this.#descriptor = open(path);
    this.#timer = timers.create(() => {
      stats.flushedByTimer.inc();
      this.#seal();
      this.#writeNext();
    });
  }

  /** `line`: a character for each byte, its end of line too. */
  append(line: string): void {
    const { length } = line;
    if (this.#waitingBytes + this.#used + (this.#writing?.length ?? 0) + length > PENDING_BYTES_MAX) {
      if (this.#dropped++ === 0)
        this.#log.warn(`access log ${this.#path}: the disk is too slow, lines are dropped`);
      return;
    }
    const block = this.#blockFor(length);
    block.write(line, this.#used, length, "latin1");
    this.#used += length;
    this.#stats.writeBuffered.inc();
    this.#stats.writeTotalBuffered.add(length);
    if (!this.#timer.armed) this.#timer.arm(this.#intervalMs);
  }

  /** Writes what waits, before this returns. */
  flushNow(): void {
    this.#seal();
    for (let bytes = this.#takeWaiting(); bytes !== undefined; bytes = this.#takeWaiting()) {
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
        this.#stats.writeCompleted.inc();
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  /** For log rotation: the path is opened anew. */
  reopen(): void {
    this.flushNow();
    try {
      const fresh = open(this.#path);
      this.#retired.push(this.#descriptor);
      this.#descriptor = fresh;
      if (this.#writing === undefined) this.#closeRetired();
    } catch (error) {
      this.#stats.reopenFailed.inc();
      this.#failed(error);
    }
  }

  /** The block, with room for so many bytes. */
  #blockFor(bytes: number): Buffer {
    if (this.#block !== undefined && this.#used + bytes <= this.#block.length) return this.#block;
    this.#seal();
    this.#writeNext();
    this.#block = Buffer.allocUnsafeSlow(Math.max(bytes, BLOCK_BYTES));
    return this.#block;
  }

  /** Nothing is added to the block any more: it waits to be written. */
  #seal(): void {
    this.#timer.disarm();
    if (this.#block === undefined) return;
    this.#waiting.push(this.#block.subarray(0, this.#used));
    this.#waitingBytes += this.#used;
    this.#block = undefined;
    this.#used = 0;
  }

  #takeWaiting(): Buffer | undefined {
    const bytes = this.#waiting.shift();
    if (bytes === undefined) return undefined;
    this.#waitingBytes -= bytes.length;
    this.#stats.writeTotalBuffered.sub(bytes.length);
    return bytes;
  }

  #writeNext(): void {
    if (this.#writing !== undefined) return;
    this.#writing = this.#takeWaiting();
    if (this.#writing !== undefined) this.#write(this.#writing, 0, this.#descriptor);
  }

  #write(bytes: Buffer, at: number, descriptor: number): void {
    write(descriptor, bytes, at, bytes.length - at, null, (error, written) => {
      if (error !== null) this.#failed(error);
      else if (at + written < bytes.length) {
        this.#write(bytes, at + written, descriptor);
        return;
      } else this.#stats.writeCompleted.inc();
      this.#writing = undefined;
      this.#closeRetired();
      if (this.#dropped > 0) {
        this.#log.warn(`access log ${this.#path}: ${this.#dropped} lines were dropped`);
        this.#dropped = 0;
      }
      this.#writeNext();
    });
  }

  #closeRetired(): void {
    for (const descriptor of this.#retired.splice(0)) if (descriptor > 2) closeSync(descriptor);
  }

  #failed(error: unknown): void {
    this.#stats.writeFailed.inc();
    this.#log.error(`access log ${this.#path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function open(path: string): number {
  if (path === "/dev/stdout") return 1;
  if (path === "/dev/stderr") return 2;
  return openSync(path, "a");
}
