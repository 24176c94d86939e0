/** What a command came to in one worker. */
export interface WorkerOutcome {
  readonly workerIndex: number;
  readonly problems: readonly string[];
  readonly ports: Readonly<Record<string, number>>;
}
