import type { Log } from "@sluice/extension-api";
import type { WorkerReport } from "./worker-messages.ts";

const ORDER = ["trace", "debug", "info", "warning", "error", "critical", "off"];

/** Sends a worker's log lines to the main thread, which writes them. */
export class WorkerLog implements Log {
  readonly #report: (message: WorkerReport) => void;
  #threshold: number;

  constructor(report: (message: WorkerReport) => void, level: string) {
    this.#report = report;
    this.#threshold = ORDER.indexOf(level);
  }
  setLevel(level: string): void {
    this.#threshold = ORDER.indexOf(level);
  }
  debug(message: string): void {
    if (this.#threshold <= 1) this.#report({ type: "log", level: "debug", message });
  }
  info(message: string): void {
    if (this.#threshold <= 2) this.#report({ type: "log", level: "info", message });
  }
  warn(message: string): void {
    if (this.#threshold <= 3) this.#report({ type: "log", level: "warn", message });
  }
  error(message: string): void {
    if (this.#threshold <= 4) this.#report({ type: "log", level: "error", message });
  }
}
