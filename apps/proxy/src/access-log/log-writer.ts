import { closeSync, openSync, write, writeSync } from "node:fs";
import type { Log, Timer, Timers } from "@sluice/extension-api";

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
  #descriptor: number;
  #lines = "";
  #writing: Buffer | undefined;
  #dropped = 0;

  /** Throws when the file cannot be opened. `/dev/stdout` and `/dev/stderr` are the process's own. */
  constructor(path: string, timers: Timers, intervalMs: number, log: Log) {
    this.#path = path;
    this.#log = log;
    this.#intervalMs = intervalMs;
    this.#descriptor = open(path);
    this.#timer = timers.create(() => this.#flush());
  }

  append(line: string): void {
    if (this.#lines.length + (this.#writing?.length ?? 0) > PENDING_BYTES_MAX) {
      if (this.#dropped++ === 0)
        this.#log.warn(`access log ${this.#path}: the disk is too slow, lines are dropped`);
      return;
    }
    this.#lines += line;
    if (this.#lines.length >= FLUSH_BYTES) this.#flush();
    else if (!this.#timer.armed) this.#timer.arm(this.#intervalMs);
  }

  /** Writes what waits, before this returns. */
  flushNow(): void {
    this.#timer.disarm();
    const text = Buffer.from(this.#lines, "latin1");
    this.#lines = "";
    try {
      for (let at = 0; at < text.length; ) at += writeSync(this.#descriptor, text, at);
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
      this.#failed(error);
    }
  }

  #flush(): void {
    this.#timer.disarm();
    if (this.#writing !== undefined || this.#lines === "") return;
    this.#writing = Buffer.from(this.#lines, "latin1");
    this.#lines = "";
    this.#write(this.#writing, 0);
  }

  #write(bytes: Buffer, at: number): void {
    write(this.#descriptor, bytes, at, bytes.length - at, null, (error, written) => {
      if (error !== null) this.#failed(error);
      else if (at + written < bytes.length) {
        this.#write(bytes, at + written);
        return;
      }
      this.#writing = undefined;
      if (this.#dropped > 0) {
        this.#log.warn(`access log ${this.#path}: ${this.#dropped} lines were dropped`);
        this.#dropped = 0;
      }
      this.#flush();
    });
  }

  #failed(error: unknown): void {
    this.#log.error(`access log ${this.#path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function open(path: string): number {
  if (path === "/dev/stdout") return 1;
  if (path === "/dev/stderr") return 2;
  return openSync(path, "a");
}
