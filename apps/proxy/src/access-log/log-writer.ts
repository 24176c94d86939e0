import { closeSync, openSync, write, writeSync } from "node:fs";
import type { Log, Timer, Timers } from "@sluice/extension-api";
import { discardingStats } from "../stats/thread-stats.ts";
import { createFileStats, type FileStats } from "./file-stats.ts";

const NOT_COUNTED = createFileStats(discardingStats());

/** Lines are written when there are so many bytes, or at the interval. */
const FLUSH_BYTES = 64 * 1024;
/** What waits for a slow disk; more is dropped and counted in the log. */
const PENDING_BYTES_MAX = 8 * 1024 * 1024;

/** Appends lines to a file or a standard stream without blocking; several threads may append to one file. */
export class LogWriter {
  readonly #path: string;
  readonly #log: Log;
  readonly #timer: Timer;
  readonly #intervalMs: number;
  readonly #stats: FileStats;
  #descriptor: number;
  #lines = "";
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
      this.#flush();
    });
  }

  append(line: string): void {
    if (this.#lines.length + (this.#writing?.length ?? 0) > PENDING_BYTES_MAX) {
      if (this.#dropped++ === 0)
        this.#log.warn(`access log ${this.#path}: the disk is too slow, lines are dropped`);
      return;
    }
    this.#lines += line;
    this.#stats.writeBuffered.inc();
    this.#stats.writeTotalBuffered.add(line.length);
    if (this.#lines.length >= FLUSH_BYTES) this.#flush();
    else if (!this.#timer.armed) this.#timer.arm(this.#intervalMs);
  }

  /** Writes what waits, before this returns. */
  flushNow(): void {
    this.#timer.disarm();
    const text = Buffer.from(this.#lines, "latin1");
    this.#lines = "";
    this.#stats.writeTotalBuffered.sub(text.length);
    try {
      for (let at = 0; at < text.length; ) at += writeSync(this.#descriptor, text, at);
      if (text.length > 0) this.#stats.writeCompleted.inc();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** For log rotation: the path is opened anew. */
  reopen(): void {
    this.flushNow();
    try {
      const fresh = open(this.#path);
      if (this.#descriptor > 2) closeSync(this.#descriptor);
      this.#descriptor = fresh;
    } catch (error) {
      this.#stats.reopenFailed.inc();
      this.#failed(error);
    }
  }

  #flush(): void {
    this.#timer.disarm();
    if (this.#writing !== undefined || this.#lines === "") return;
    this.#writing = Buffer.from(this.#lines, "latin1");
    this.#lines = "";
    this.#stats.writeTotalBuffered.sub(this.#writing.length);
    this.#write(this.#writing, 0);
  }

  #write(bytes: Buffer, at: number): void {
    write(this.#descriptor, bytes, at, bytes.length - at, null, (error, written) => {
      if (error !== null) this.#failed(error);
      else if (at + written < bytes.length) {
        this.#write(bytes, at + written);
        return;
      } else this.#stats.writeCompleted.inc();
      this.#writing = undefined;
      if (this.#dropped > 0) {
        this.#log.warn(`access log ${this.#path}: ${this.#dropped} lines were dropped`);
        this.#dropped = 0;
      }
      this.#flush();
    });
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
