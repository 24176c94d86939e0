import type { ApplicationLog, LogLevel } from "./application-log.ts";
import { type ProfileKind, Profiler } from "./worker/profiler.ts";
import type { WorkerPool } from "./worker/worker-pool.ts";

/** What people ask of the threads while they run: how much they log, and what they spend their time and memory on. */
export class ThreadControls {
  readonly #pool: WorkerPool;
  readonly #log: ApplicationLog;
  readonly #profiler = new Profiler("main");
  readonly #workerLevels: LogLevel[];

  /** `workerLevels`: as the workers start, and start again; kept up to date. */
  constructor(pool: WorkerPool, log: ApplicationLog, workerLevels: LogLevel[]) {
    this.#pool = pool;
    this.#log = log;
    this.#workerLevels = workerLevels;
  }

  /** Levels by logger: `main` and one per worker. */
  logLevels(): ReadonlyMap<string, string> {
    const workers = this.#workerLevels.map((level, index): [string, string] => [`worker_${index}`, level]);
    return new Map([["main", this.#log.level], ...workers]);
  }

  setLogLevel(logger: string, level: LogLevel): void {
    if (logger === "main") this.#log.setLevel(level);
    const index = logger.startsWith("worker_") ? Number(logger.slice(7)) : -1;
    if (this.#workerLevels[index] === undefined) return;
    this.#workerLevels[index] = level;
    void this.#pool.send(index, { type: "log-level", level });
  }

  /** Profiles every thread; answers what is wrong. `action`: "start", or the path of what is written. */
  async profile(kind: ProfileKind, action: string): Promise<readonly string[]> {
    const own = action === "start" ? this.#profiler.start(kind) : await this.#profiler.stop(kind, action);
    const outcomes = await this.#pool.broadcast({ type: "profile", kind, action });
    return [...own, ...outcomes.flatMap(({ problems }) => problems)];
  }
}
