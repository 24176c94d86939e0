import type { Log, Timers } from "@sluice/extension-api";
import { LogWriter } from "../../access-log/log-writer.ts";

const FLUSH_MS = 200;

/** The files that health checks write their events to, each opened once. */
export class EventLogs {
  readonly #writers = new Map<string, LogWriter | undefined>();
  readonly #timers: Timers;
  readonly #log: Log;

  constructor(timers: Timers, log: Log) {
    this.#timers = timers;
    this.#log = log;
  }

  append(path: string, line: string): void {
    if (!this.#writers.has(path)) this.#writers.set(path, this.#open(path));
    this.#writers.get(path)?.append(line);
  }

  reopen(): void {
    for (const writer of this.#writers.values()) writer?.reopen();
  }

  flush(): void {
    for (const writer of this.#writers.values()) writer?.flushNow();
  }

  #open(path: string): LogWriter | undefined {
    try {
      return new LogWriter(path, this.#timers, FLUSH_MS, this.#log);
    } catch (error) {
      this.#log.error(`event log ${path}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }
}
