import { Worker } from "node:worker_threads";
import type { Log } from "@sluice/extension-api";
import type { WorkerOutcome } from "../../worker/worker-outcome.ts";
import type { WorkerCommand, WorkerInit, WorkerReport, WorkerRequest } from "./worker-messages.ts";

export interface WorkerPoolOptions {
  readonly concurrency: number;
  init(workerIndex: number): WorkerInit;
  onReport(workerIndex: number, report: WorkerReport): void;
  /** A worker ended by itself; it is started again. */
  onExit(workerIndex: number): void;
  /** It was started again; what it is told first. */
  onRestart(workerIndex: number): Promise<void>;
  /** Everything that a new worker must be told to be where the others are. */
  replay(): readonly WorkerCommand[];
  readonly log: Log;
}

interface Member {
  worker: Worker;
  readonly pending: Map<number, (outcome: WorkerOutcome) => void>;
  restarts: number;
  startedAt: number;
  ended: boolean;
}

const RESTART_DELAY_MS_MAX = 5000;

/** The worker threads: starting, telling them things, starting them again when they die. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #members: Member[] = [];
  #sequence = 0;
  #stopping = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Resolves when every worker is ready for commands; rejects when one cannot start. */
  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.concurrency }, (_, index) => this.#spawn(index)));
  }

  /** Tells all workers; resolves when it is in force (or refused) in each. */
  broadcast(command: WorkerCommand): Promise<readonly WorkerOutcome[]> {
    return Promise.all(this.#members.map((_, index) => this.send(index, command)));
  }

  send(workerIndex: number, command: WorkerCommand): Promise<WorkerOutcome> {
    const member = this.#members[workerIndex];
    // One that has ended is told everything when it is back.
    if (member === undefined || member.ended)
      return Promise.resolve({ workerIndex, problems: [], ports: {} });
    const sequence = ++this.#sequence;
    const request: WorkerRequest = { sequence, command };
    return new Promise((resolve) => {
      member.pending.set(sequence, resolve);
      member.worker.postMessage(request);
    });
  }

  /** Ends all workers at once. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#members.map(({ worker }) => worker.terminate()));
  }

  async #spawn(workerIndex: number): Promise<void> {
    const worker = new Worker(new URL("./start-worker.ts", import.meta.url), {
      name: `worker_${workerIndex}`,
      workerData: this.#options.init(workerIndex),
    });
    const old = this.#members[workerIndex];
    const member: Member = {
      worker,
      pending: new Map(),
      restarts: old?.restarts ?? 0,
      startedAt: Date.now(),
      ended: false,
    };
    this.#members[workerIndex] = member;
    await new Promise<void>((resolve, reject) => {
      worker.on("message", (report: WorkerReport) => {
        if (report.type === "ready") resolve();
        else this.#onReport(workerIndex, member, report);
      });
      worker.on("error", (error: Error) => {
        this.#options.log.error(`worker ${workerIndex} failed: ${error.stack ?? error.message}`);
        reject(error);
      });
      worker.on("exit", (code) => {
        this.#onExit(workerIndex, member, code);
        reject(new Error(`worker ${workerIndex} ended with ${code} before it was ready`));
      });
    });
  }

  #onReport(workerIndex: number, member: Member, report: WorkerReport): void {
    if (report.type !== "done") {
      this.#options.onReport(workerIndex, report);
      return;
    }
    const resolve = member.pending.get(report.sequence);
    member.pending.delete(report.sequence);
    resolve?.({ workerIndex, problems: report.problems, ports: report.ports });
  }

  #onExit(workerIndex: number, member: Member, code: number): void {
    member.ended = true;
    this.#options.onExit(workerIndex);
    // Its successor is told everything anew, these commands included.
    for (const resolve of member.pending.values()) resolve({ workerIndex, problems: [], ports: {} });
    member.pending.clear();
    if (this.#stopping) return;
    member.restarts = Date.now() - member.startedAt > 60_000 ? 1 : member.restarts + 1;
    const delayMs = Math.min(RESTART_DELAY_MS_MAX, 50 * 2 ** (member.restarts - 1));
    this.#options.log.error(
      `worker ${workerIndex} ended with code ${code}; starting it again in ${delayMs} ms`,
    );
    setTimeout(() => {
      if (this.#stopping) return;
      this.#spawn(workerIndex)
        .then(
          async () => {
            await this.#options.onRestart(workerIndex);
            for (const command of this.#options.replay()) {
              this.send(workerIndex, command).then(
                ({ problems }) => {
                  for (const problem of problems)
                    this.#options.log.error(`worker ${workerIndex}: ${problem}`);
                },
                () => {},
              );
            }
            this.#options.log.info(`worker ${workerIndex} is back`);
          },
          () => {},
        )
        .catch((error: unknown) => this.#options.log.error(`worker ${workerIndex}: ${String(error)}`));
    }, delayMs);
  }
}
